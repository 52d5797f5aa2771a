use crate::finding::Finding;
use crate::version::{KubernetesVersion, VersionError};

/// The first release line whose kubeadm reads all documents this provider writes.
const FLOOR_MINOR: u64 = 31;
/// How many release lines a kubelet may be behind the API server.
const KUBELET_SKEW: u64 = 3;

/// Reads a version the user wrote, and refuses those too old.
///
/// # Errors
/// A finding without path when the text is no version or older than 1.31.
pub fn parse_kubernetes_version(text: &str) -> Result<KubernetesVersion, Finding> {
    let version = text.parse().map_err(|error| malformed(text, &error))?;
    if KubernetesVersion::is_at_least_minor(&version, FLOOR_MINOR) {
        return Ok(version);
    }
    Err(Finding::error("PLAN-VERSION-FLOOR", format!("Kubernetes {version} is too old"))
        .because(format!(
            "The oldest supported line is 1.{FLOOR_MINOR}: older kubeadm does not read \
                 kubeadm.k8s.io/v1beta4, which is what hosts are configured with."
        ))
        .advise(format!("Use a version from 1.{FLOOR_MINOR}.0 on.")))
}

fn malformed(text: &str, error: &VersionError) -> Finding {
    let bare = text.trim_start_matches(['v', 'V']);
    let advice = match error {
        VersionError::LeadingV(_) => format!("Write {bare:?}, without the v of tags and images."),
        VersionError::Format(_) | VersionError::BuildMetadata(_) => {
            "Write an exact version such as 1.35.4: packages, images and kubeadm must agree on it."
                .to_owned()
        }
    };
    Finding::error("PLAN-VERSION-FLOOR", format!("{text:?} is not a Kubernetes version"))
        .because(format!("{error}."))
        .advise(advice)
}

/// Whether a kubelet may run under an API server; a finding without path if not.
#[must_use]
pub fn kubelet_skew(
    kubelet: &KubernetesVersion,
    api_server: &KubernetesVersion,
) -> Option<Finding> {
    let lines = |version: &KubernetesVersion| (version.major(), version.minor());
    let newer = lines(kubelet) > lines(api_server);
    let behind = api_server.minor().saturating_sub(kubelet.minor());
    let too_old = kubelet.major() != api_server.major() || behind > KUBELET_SKEW;
    if !newer && !too_old {
        return None;
    }
    let summary = format!("kubelet {kubelet} does not fit API server {api_server}");
    let finding = Finding::error("PLAN-SKEW", summary).because(format!(
        "A kubelet may be up to {KUBELET_SKEW} minor versions older than the API server, and never \
         newer."
    ));
    Some(finding.advise("Upgrade the control plane first, then the kubelets."))
}

/// Whether a cluster may go from one version to another; a finding without path if not.
#[must_use]
pub fn check_version_change(
    prior: &KubernetesVersion,
    next: &KubernetesVersion,
) -> Option<Finding> {
    if next < prior {
        return Some(downgrade(prior, next));
    }
    let skipped = next.minor().saturating_sub(prior.minor()) > 1;
    if prior.major() == next.major() && !skipped {
        return None;
    }
    let via = KubernetesVersion::new(prior.major(), prior.minor() + 1, 0).line();
    let finding = Finding::error("PLAN-SKEW", format!("{prior} cannot become {next} in one step"))
        .because("kubeadm upgrades by one minor version at a time.")
        .advise(format!("Upgrade to a version of {via} first, and apply."));
    Some(finding)
}

fn downgrade(prior: &KubernetesVersion, next: &KubernetesVersion) -> Finding {
    Finding::error("PLAN-SKEW", format!("{prior} cannot go back to {next}"))
        .because("kubeadm does not downgrade: etcd and stored objects may be in newer formats.")
        .advise("Restore an etcd snapshot into a new cluster of the older version instead.")
}

/// Whether a container runtime of version `containerd` (as it reports it) is too old for a
/// Kubernetes version; a finding without path if so.
#[must_use]
pub fn check_runtime_age(kubernetes: &KubernetesVersion, containerd: &str) -> Option<Finding> {
    let text = containerd.trim().trim_start_matches('v');
    let major = leading_number(text)?;
    if major >= 2 || !kubernetes.is_at_least_minor(35) {
        return None;
    }
    let summary = format!("containerd {text} is old for Kubernetes {kubernetes}");
    let finding = if kubernetes.is_at_least_minor(38) {
        Finding::error("PLAN-RUNTIME-OLD", summary)
    } else {
        Finding::warning("PLAN-RUNTIME-OLD", summary)
    };
    let finding = finding.because(
        "containerd before 2.0 does not tell the kubelet its cgroup driver (CRI RuntimeConfig). \
         kubeadm warns about it from 1.35 on, and kubelets from 1.38 on need it.",
    );
    Some(finding.advise("Install containerd 2.0 or newer."))
}

/// Versions of distributions are not always semantic ones (`1.6.20~ds1`).
fn leading_number(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit());
    let digits = end.map_or(Some(text), |end| text.get(..end))?;
    digits.parse().ok()
}

/// Feature gates of kubeadm that are gone, with the line since which it refuses them.
const REMOVED_GATES: [(&str, u64); 4] = [
    ("EtcdLearnerMode", 33),
    ("WaitForAllControlPlaneComponents", 35),
    ("ControlPlaneKubeletLocalMode", 36),
    ("NodeLocalCRISocket", 37),
];

/// Feature gates of kubeadm that can no longer be turned off, with the line since which.
const LOCKED_GATES: [(&str, u64); 2] =
    [("WaitForAllControlPlaneComponents", 34), ("ControlPlaneKubeletLocalMode", 35)];

/// Remarks on one feature gate of kubeadm.
pub(super) fn feature_gate(
    version: &KubernetesVersion,
    gate: &str,
    is_on: bool,
) -> Option<Finding> {
    let since = |table: &[(&str, u64)]| {
        let entry = table.iter().find(|(name, _)| *name == gate);
        entry.filter(|(_, minor)| version.is_at_least_minor(*minor)).map(|(_, minor)| *minor)
    };
    if let Some(minor) = since(&REMOVED_GATES) {
        return Some(gate_finding(
            gate,
            format!("kubeadm 1.{minor} removed this gate and refuses it."),
        ));
    }
    let locked = since(&LOCKED_GATES).filter(|_| !is_on)?;
    Some(gate_finding(gate, format!("It cannot be turned off since kubeadm 1.{locked}.")))
}

fn gate_finding(gate: &str, reason: String) -> Finding {
    Finding::error("PLAN-FEATURE-GATE", format!("feature gate {gate} cannot be set"))
        .at(["feature_gates", gate])
        .because(reason)
        .advise("Remove the gate.")
}
