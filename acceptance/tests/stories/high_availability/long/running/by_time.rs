//! What changes with time alone.

use acceptance::{Plan, Story};
use anyhow::{Result, ensure};
use serde_json::{Value, json};

/// Makes some certificates anew that live for two hours, as if the years had passed.
const AGE: &str = r#"
cat >/run/short.yaml <<END
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: $(kubeadm version -o short)
certificateValidityPeriod: 2h
END
for name in scheduler.conf etcd-peer apiserver-kubelet-client; do
    kubeadm certs renew "$name" --config /run/short.yaml || exit 1
done
rm /run/short.yaml"#;
const AGED: [&str; 3] = [
    "/etc/kubernetes/pki/apiserver-kubelet-client.crt",
    "/etc/kubernetes/pki/etcd/peer.crt",
    "/etc/kubernetes/scheduler.conf",
];
/// When the processes that read them were started.
const STARTS: &str = "for name in etcd kube-apiserver kube-scheduler; do
    stat -c '%Y' /proc/$(pgrep -o $name)
done";

/// A host with certificates that end soon.
pub(super) struct Aged {
    host: &'static str,
    starts: String,
}

impl Aged {
    /// Makes its certificates old.
    pub(super) fn on(story: &Story, host: &'static str) -> Result<Self> {
        story.lab.ssh(host, AGE)?;
        Ok(Self { host, starts: story.lab.ssh(host, STARTS)? })
    }

    /// The plan names the certificates that end soon.
    pub(super) fn require_shown(&self, plan: &Plan) -> Result<()> {
        let member = format!("kubeadm_control_plane_member.this[\"{}\"]", self.host);
        let change = plan.resource_changes.iter().find(|change| change.address == member);
        let due = change.and_then(|change| change.change.before.get("certificates_due"));
        ensure!(due == Some(&json!(AGED)), "the plan should name them: {due:?}");
        Ok(())
    }

    /// They live for long again, and who reads them was started anew.
    pub(super) fn require_renewed(&self, story: &Story) -> Result<()> {
        let after = story.lab.ssh(self.host, STARTS)?;
        ensure!(
            self.starts.lines().zip(after.lines()).all(|(before, after)| before != after),
            "who reads them should have started anew:\n{}\n{after}",
            self.starts
        );
        live_for_long(story, self.host)
    }
}

fn live_for_long(story: &Story, host: &str) -> Result<()> {
    let text = story.lab.ssh(host, "kubeadm certs check-expiration -o json 2>/dev/null")?;
    let found: Value = serde_json::from_str(&text)?;
    let certificates = found.get("certificates").and_then(Value::as_array).cloned();
    let certificates = certificates.unwrap_or_default();
    ensure!(certificates.len() >= 10, "kubeadm should know of them:\n{text}");
    for certificate in &certificates {
        let left = certificate["residualTime"].as_f64().unwrap_or_default();
        let missing = certificate["missing"] == json!(true);
        ensure!(missing || left > 300.0 * 24.0 * 3600.0, "it should live for long: {certificate}");
    }
    Ok(())
}
