//! What really went wrong: turns the symptoms of a failed kubeadm run into a cause and an advice.

mod rules;

use super::preflight::{self, Failure};
use rules::RULES;
use std::collections::BTreeMap;

/// The cause behind a failure, as far as the texts give it away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// Stable code, such as `RT-KUBELET-SWAP`.
    pub code: &'static str,
    /// What was seen, in one sentence.
    pub text: String,
    /// What the user can do about it.
    pub advice: String,
}

/// The texts a failed operation leaves behind.
#[derive(Debug, Clone, Copy, Default)]
pub struct Evidence<'a> {
    /// Output of the command.
    pub output: &'a str,
    /// Last lines of the kubelet's journal.
    pub journal: &'a str,
    /// Failed containers and messages of node conditions and events.
    pub workloads: &'a str,
}

/// Finds the most specific cause in the texts; `None` when nothing is recognised.
///
/// Root causes are looked for before the symptoms that follow from them: swap stops the kubelet,
/// and a stopped kubelet is all that kubeadm itself reports.
#[must_use]
pub fn classify(evidence: Evidence<'_>) -> Option<Cause> {
    root_cause(evidence).or_else(|| preflight_cause(evidence.output)).or_else(|| symptom(evidence))
}

/// The cause for which a kubelet dies whenever it starts, as its journal tells: waiting is of no use
/// then. What it says before kubeadm has configured it is no such cause.
#[must_use]
pub fn hopeless(journal: &str) -> Option<Cause> {
    let evidence = Evidence { journal, ..Evidence::default() };
    root_cause(evidence).filter(|cause| FATAL.contains(&cause.code))
}

const FATAL: [&str; 3] = ["RT-KUBELET-SWAP", "RT-KUBELET-CONFIG", "RT-CGROUP-V1"];

fn root_cause(evidence: Evidence<'_>) -> Option<Cause> {
    RULES.iter().filter(|rule| rule.rank == Rank::Root).find_map(|rule| rule.apply(evidence))
}

fn symptom(evidence: Evidence<'_>) -> Option<Cause> {
    RULES.iter().filter(|rule| rule.rank == Rank::Symptom).find_map(|rule| rule.apply(evidence))
}

fn preflight_cause(output: &str) -> Option<Cause> {
    let failures = preflight::failures(output);
    if failures.is_empty() {
        return None;
    }
    Some(Cause {
        code: "RT-PREFLIGHT",
        text: format!("kubeadm refused to begin: {}", listed(&failures)),
        advice: advice(&failures),
    })
}

/// The first few, since one unreachable registry fails every image.
fn listed(failures: &[Failure]) -> String {
    const SHOWN: usize = 3;
    let shown: Vec<String> = failures.iter().take(SHOWN).map(ToString::to_string).collect();
    match failures.len().saturating_sub(SHOWN) {
        0 => shown.join("; "),
        more => format!("{}; and {more} more", shown.join("; ")),
    }
}

/// Each advice once, with the check's name where there are several.
fn advice(failures: &[Failure]) -> String {
    let names: BTreeMap<&str, &str> =
        failures.iter().map(|failure| (failure.name.as_str(), failure.advice())).collect();
    match names.values().next() {
        Some(only) if names.len() == 1 => (*only).to_owned(),
        _ => names
            .iter()
            .map(|(name, advice)| format!("{name}: {advice}"))
            .collect::<Vec<_>>()
            .join("; "),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Rank {
    Root,
    Symptom,
}

/// One sentence of the classifier: any of `marks` in any of the texts.
struct Rule {
    rank: Rank,
    code: &'static str,
    marks: &'static [&'static str],
    advice: &'static str,
}

impl Rule {
    fn apply(&self, evidence: Evidence<'_>) -> Option<Cause> {
        let line = [evidence.journal, evidence.output, evidence.workloads]
            .into_iter()
            .find_map(|text| self.line_in(text))?;
        Some(Cause { code: self.code, text: shortened(line), advice: self.advice.to_owned() })
    }

    /// The last such line: what happened last is what stopped the run.
    fn line_in<'t>(&self, text: &'t str) -> Option<&'t str> {
        text.lines().rev().find(|line| {
            let line = line.to_ascii_lowercase();
            self.marks.iter().any(|mark| mark.split(" & ").all(|part| line.contains(part)))
        })
    }
}

/// The telling end of a line: journal prefixes and nested error chains put it last.
fn shortened(line: &str) -> String {
    const LIMIT: usize = 300;
    let line = line.trim();
    let length = line.chars().count();
    if length <= LIMIT {
        return line.to_owned();
    }
    format!("...{}", line.chars().skip(length - LIMIT).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(output: &str, journal: &str, workloads: &str, code: &str) {
        let cause = classify(Evidence { output, journal, workloads });
        assert_eq!(cause.map(|cause| cause.code), Some(code));
    }

    const KUBELET_CHECK: &str = "[kubelet-check] Waiting for a healthy kubelet at http://127.0.0.1:10248/healthz. This can take up to 4m0s
[kubelet-check] The kubelet is not healthy after 4m0.000661208s
error execution phase kubelet-start: failed while waiting for the kubelet to start: The HTTP call equal to 'curl -sSL http://127.0.0.1:10248/healthz' returned error: connect: connection refused";

    #[test]
    fn swap_wins_over_the_unhealthy_kubelet() {
        let journal = "kubelet[1]: E0101 run.go:72] \"command failed\" err=\"failed to run Kubelet: running with swap on is not supported, please disable swap or set --fail-swap-on flag to false\"";
        check(KUBELET_CHECK, journal, "", "RT-KUBELET-SWAP");
    }

    #[test]
    fn a_silent_journal_leaves_the_symptom() {
        check(KUBELET_CHECK, "", "", "RT-KUBELET-UNHEALTHY");
    }

    #[test]
    fn texts_of_root_causes() {
        let cgroup = "runc create failed: expected cgroupsPath to be of format \"slice:prefix:name\" for systemd cgroups, got \"/kubepods\" instead: unknown";
        check("", cgroup, "", "RT-CGROUP-MISMATCH");
        check(
            "",
            "kubelet is configured to not run on a host using cgroup v1. cgroup v1 support is unsupported",
            "",
            "RT-CGROUP-V1",
        );
        check(
            "",
            "failed to parse kubelet flag: unknown flag: --pod-infra-container-image",
            "",
            "RT-KUBELET-CONFIG",
        );
        check(
            "[ERROR CRI]: could not connect: unknown service runtime.v1.RuntimeService",
            "",
            "",
            "RT-CRI-UNAVAILABLE",
        );
        check("write /etc/kubernetes/x: no space left on device", "", "", "RT-DISK-FULL");
        check(
            "error execution phase kubelet-start: a Node with name \"w1\" and status \"Ready\" already exists in the cluster.",
            "",
            "",
            "RT-NODE-EXISTS",
        );
        check(
            "cluster CA found in cluster-info ConfigMap is invalid: none of the public keys \"sha256:ab\" are pinned",
            "",
            "",
            "RT-CA-MISMATCH",
        );
        check(
            "could not find a JWS signature in the cluster-info ConfigMap for token ID \"abcdef\"",
            "",
            "",
            "RT-TOKEN-EXPIRED",
        );
        check(
            "x509: certificate has expired or is not yet valid: current time",
            "",
            "",
            "RT-CLOCK-SKEW",
        );
        check(
            "",
            "",
            "plugin type=\"flannel\" failed (add): loadFlannelSubnetEnv failed: open /run/flannel/subnet.env: no such file or directory",
            "RT-FLANNEL-SUBNETENV",
        );
        check(
            "",
            "",
            "Error registering network: failed to acquire lease: node \"master\" pod cidr not assigned",
            "RT-PODCIDR-UNASSIGNED",
        );
        check(
            "failed calling webhook \"x\": Post: context deadline exceeded",
            "",
            "",
            "RT-WEBHOOK-TIMEOUT",
        );
    }

    #[test]
    fn texts_of_symptoms() {
        check(
            "",
            "failed to pull image \"registry.k8s.io/pause:3.10.1\": dial tcp: i/o timeout",
            "",
            "RT-IMAGE-PULL",
        );
        check("lookup api.example.org: no such host", "", "", "RT-ENDPOINT-UNRESOLVED");
        check(
            "Get \"https://10.0.0.1:6443/\": dial tcp 10.0.0.1:6443: connect: connection refused",
            "",
            "",
            "RT-PATH-REJECT",
        );
        check("dial tcp 10.0.0.1:6443: i/o timeout", "", "", "RT-PATH-TIMEOUT");
        check("etcdserver: unhealthy cluster", "", "", "RT-ETCD-POD");
        check(
            "",
            "",
            "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized",
            "RT-NOT-READY-CNI",
        );
    }

    #[test]
    fn preflight_failures_are_named_with_advice() {
        let output = "error execution phase preflight: preflight checks failed:\n\t[ERROR NumCPU]: the number of available CPUs 1 is less than the required 2\n\t[ERROR Port-6443]: Port 6443 is in use\n";
        let cause = classify(Evidence { output, ..Evidence::default() }).unwrap();
        assert_eq!(cause.code, "RT-PREFLIGHT");
        assert!(cause.text.contains("NumCPU: the number of available CPUs 1"), "{}", cause.text);
        assert!(cause.advice.contains("Port-6443: "), "{}", cause.advice);
    }

    #[test]
    fn the_same_advice_is_given_once() {
        let line = |image: u32| format!("\t[ERROR ImagePull]: failed to pull image {image}\n");
        let output: String = (1..=7).map(line).collect();
        let cause = classify(Evidence { output: &output, ..Evidence::default() }).unwrap();
        assert!(cause.text.ends_with("image 3; and 4 more"), "{}", cause.text);
        assert!(!cause.advice.contains(';'), "{}", cause.advice);
    }

    #[test]
    fn waiting_is_hopeless_only_for_what_kills_the_kubelet() {
        let code = |journal: &str| hopeless(journal).map(|cause| cause.code);
        assert_eq!(
            code("failed to parse kubelet flag: unknown flag: --bogus"),
            Some("RT-KUBELET-CONFIG")
        );
        let undecodable = "failed to load kubelet config file, path: /x, error: couldn't decode as KubeletConfiguration";
        assert_eq!(code(undecodable), Some("RT-KUBELET-CONFIG"));
        let unconfigured = "failed to load kubelet config file, path: /x, error: open /x: no such file or directory";
        assert_eq!(code(unconfigured), None);
        assert_eq!(code("failed to pull image \"x\""), None);
        assert_eq!(code("no space left on device"), None);
    }

    #[test]
    fn an_unknown_text_has_no_cause() {
        assert_eq!(classify(Evidence { output: "all is well", ..Evidence::default() }), None);
    }

    #[test]
    fn a_long_line_keeps_its_end() {
        let journal = format!("{}no space left on device", "é".repeat(1000));
        let cause = classify(Evidence { journal: &journal, ..Evidence::default() }).unwrap();
        assert!(cause.text.starts_with("...") && cause.text.ends_with("no space left on device"));
    }
}
