//! Configuration that core writes of what is imported.

use acceptance::{Core, Story, Workspace};
use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{MEMBERS, WORKER};

const PLAN: [&str; 4] = ["plan", "-no-color", "-input=false", "-generate-config-out=generated.tf"];

/// Import blocks alone are enough: what core writes of them plans to nothing but the marks of hosts and
/// what the provider keeps on every host.
pub(super) fn configuration_can_be_generated(story: &Story) -> Result<()> {
    let directory = tempfile::tempdir()?;
    let workspace = Workspace::new(&story.lab, Core::OpenTofu, directory.path())?;
    workspace.write("main.tf", &configuration(story)?)?;
    workspace.run(&PLAN)?.require_success().context("generating the configuration")?;
    let plan = workspace.plan()?;
    let mut marked = 0;
    for change in &plan.resource_changes {
        let (address, body) = (&change.address, &change.change);
        if address.starts_with("kubeadm_cluster.") {
            ensure!(body.actions == ["no-op"], "{address} should not change: {body:#?}");
        }
        if address.starts_with("kubeadm_control_plane_member.")
            || address.starts_with("kubeadm_worker.")
        {
            ensure!(differences(&body.before, &body.after) == ["marked"], "{address}: {body:#?}");
            marked += 1;
        }
    }
    ensure!(marked == 3, "two members and a worker should be marked, not {marked}");
    Ok(())
}

/// Attributes that a change gives another value.
fn differences(before: &Value, after: &Value) -> Vec<String> {
    let (Some(before), Some(after)) = (before.as_object(), after.as_object()) else {
        return Vec::new();
    };
    let differs = |name: &&String| before.get(*name) != after.get(*name);
    before.keys().filter(differs).cloned().collect()
}

fn configuration(story: &Story) -> Result<String> {
    let key = &story.lab.status().ssh.private_key_file;
    let at =
        |name: &str| Ok::<_, anyhow::Error>(format!("{name}@{}", story.lab.host(name)?.address));
    let members = [at(MEMBERS[0])?, at(MEMBERS[1])?];
    let ways = members.join(",");
    let mut blocks = vec![
        "terraform {\n  required_providers {\n    kubeadm = { source = \"kubeadm/kubeadm\" }\n  }\n}".to_owned(),
        format!(
            "provider \"kubeadm\" {{\n  ssh = {{ user = \"root\", private_key_file = {key:?}, host_key_policy = \"accept_new\" }}\n}}"
        ),
        import("kubeadm_cluster.this", &ways),
        import("kubeadm_cni.this", &ways),
        import("kubeadm_control_plane_member.a1", &ways),
        import("kubeadm_control_plane_member.a2", &format!("{},{}", members[1], members[0])),
        import("kubeadm_worker.a3", &format!("{},{ways}", at(WORKER)?)),
    ];
    for name in MEMBERS.iter().chain(&[WORKER]) {
        blocks.push(import(&format!("kubeadm_node.{name}"), &at(name)?));
    }
    Ok(blocks.join("\n"))
}

fn import(to: &str, id: &str) -> String {
    format!("import {{\n  to = {to}\n  id = {id:?}\n}}\n")
}
