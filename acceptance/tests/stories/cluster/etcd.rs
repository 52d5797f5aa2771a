//! What is shown of etcd, held against etcd's own tool.

use acceptance::{Cluster, Story};
use anyhow::{Context, Result, ensure};
use serde_json::Value;

const LOOK: &str = r#"
data "kubeadm_etcd_members" "this" {
  control_plane = values(kubeadm_control_plane_member.this)
}

output "etcd" {
  value = data.kubeadm_etcd_members.this
}
"#;

/// A lone member is a healthy voter and leads, and none may fail.
pub(crate) fn shows_its_lone_member(story: &Story, host: &str) -> Result<()> {
    story.workspace.write("etcd.tf", LOOK)?;
    story.workspace.apply()?;
    let printed = story.workspace.run(&["output", "-json", "etcd"])?.require_success()?;
    let etcd: Value = serde_json::from_str(&printed)?;
    let at = |path: &str| etcd.pointer(path).cloned().unwrap_or_default();
    ensure!(at("/leader") == host && at("/members/0/name") == host, "{etcd:#}");
    ensure!(at("/members/0/healthy") == true && at("/members/0/learner") == false, "{etcd:#}");
    ensure!(at("/voters") == 1 && at("/quorum") == 1 && at("/failure_tolerance") == 0, "{etcd:#}");
    ensure!(at("/alarms") == Value::Array(Vec::new()), "{etcd:#}");

    let cluster = Cluster::of(&story.lab, host);
    cluster.require_voters(&[host])?;
    let members = cluster.etcd_members()?;
    let ids: Vec<&str> = members.iter().map(|member| member.id.as_str()).collect();
    ensure!(ids == [at("/members/0/id").as_str().context("an id is a text")?], "{members:?}");

    std::fs::remove_file(story.workspace.directory().join("etcd.tf"))?;
    story.workspace.apply()?;
    story.require_no_changes()
}
