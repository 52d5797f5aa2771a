//! When certificates end, held against kubeadm's own word; and the warning before they do.

use acceptance::{Lab, Story};
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

const LOOK: &str = r#"
data "kubeadm_certificates" "this" {
  control_plane = values(kubeadm_control_plane_member.this)
}

output "certificates" {
  value = data.kubeadm_certificates.this
}
"#;

/// Renews one certificate for ten days.
const SHORT: &str = "cat > /tmp/short.yaml <<'END'
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
certificateValidityPeriod: 240h
END
kubeadm certs renew front-proxy-client --config /tmp/short.yaml && rm /tmp/short.yaml";

const KUBELETS: &str = "/var/lib/kubelet/pki/kubelet-client-current.pem";

const WARNING: &str = "end within 30 days";

/// Each of kubeadm's certificates is shown as kubeadm shows it, and one that ends soon is named by
/// the plan until it is renewed.
pub(crate) fn show_when_they_end(story: &Story, host: &str) -> Result<()> {
    story.workspace.write("certificates.tf", LOOK)?;
    let printed = story.workspace.apply()?;
    ensure!(!printed.contains(WARNING), "nothing ends soon:\n{printed}");
    require_kubeadms_word(story, host)?;

    story.lab.ssh(host, SHORT)?;
    let warned = story.workspace.apply()?;
    let named = warned.contains(WARNING) && warned.contains("pki/front-proxy-client.crt:");
    ensure!(named && !warned.contains("apiserver.crt:"), "{warned}");
    require_kubeadms_word(story, host)?;

    story.lab.ssh(host, "kubeadm certs renew front-proxy-client")?;
    std::fs::remove_file(story.workspace.directory().join("certificates.tf"))?;
    story.workspace.apply()?;
    story.require_no_changes()
}

fn require_kubeadms_word(story: &Story, host: &str) -> Result<()> {
    let printed = story.workspace.run(&["output", "-json", "certificates"])?.require_success()?;
    let shown: Shown = serde_json::from_str(&printed)?;
    ensure!(shown.certificates.iter().all(|one| one.host == host), "{shown:#?}");
    let told = told_by_kubeadm(&story.lab, host)?;
    ensure!(told.len() > 9, "{told:?}");
    for Told { name, ends_at } in &told {
        let path = path(name);
        let found = shown.ends_at(&path);
        ensure!(found == Some(ends_at), "{path} ends at {ends_at}, and is shown as {found:?}");
    }
    ensure!(shown.ends_at(KUBELETS).is_some(), "the kubelet's is not shown: {shown:#?}");
    let first = shown.certificates.iter().filter_map(|one| one.ends_at.as_ref()).min();
    ensure!(first.is_some() && shown.first_ends_at.as_ref() == first, "{shown:#?}");
    Ok(())
}

/// The data source, as the core prints it.
#[derive(Debug, Deserialize)]
struct Shown {
    certificates: Vec<Certificate>,
    first_ends_at: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Certificate {
    host: String,
    path: String,
    ends_at: Option<String>,
}

impl Shown {
    fn ends_at(&self, path: &str) -> Option<&String> {
        let one = self.certificates.iter().find(|one| one.path == path)?;
        one.ends_at.as_ref()
    }
}

/// One entry of `kubeadm certs check-expiration -o json`.
#[derive(Debug, Deserialize)]
struct Told {
    name: String,
    #[serde(rename = "expirationDate")]
    ends_at: String,
}

fn told_by_kubeadm(lab: &Lab, host: &str) -> Result<Vec<Told>> {
    let printed = lab.ssh(host, "kubeadm certs check-expiration -o json 2>/dev/null")?;
    let mut all: BTreeMap<String, Value> = serde_json::from_str(&printed)?;
    let mut told = Vec::new();
    for kind in ["certificates", "certificateAuthorities"] {
        let list = all.remove(kind).with_context(|| format!("no {kind}: {printed}"))?;
        told.extend(serde_json::from_value::<Vec<Told>>(list)?);
    }
    Ok(told)
}

/// Where kubeadm keeps what it calls by a name.
fn path(name: &str) -> String {
    match (name.split_once('.'), name.strip_prefix("etcd-")) {
        (Some(_), _) => format!("/etc/kubernetes/{name}"),
        (None, Some(rest)) => format!("/etc/kubernetes/pki/etcd/{rest}.crt"),
        (None, None) => format!("/etc/kubernetes/pki/{name}.crt"),
    }
}
