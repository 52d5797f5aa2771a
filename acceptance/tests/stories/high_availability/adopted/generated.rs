//! Configuration that core writes of what is imported.

use acceptance::{Change, Core, Plan, Story, Workspace};
use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{MEMBERS, WORKER};

const PLAN: [&str; 4] = ["plan", "-no-color", "-input=false", "-generate-config-out=generated.tf"];

/// Import blocks alone are enough, on every core there is: what core writes of them plans to nothing but
/// the marks of hosts and what the provider keeps on every host. So does what the command imports.
pub(super) fn configuration_can_be_generated(story: &Story) -> Result<()> {
    let (header, imports) = (header(story), imports(story)?);
    let blocks = imports.iter().map(|(to, id)| block(to, id)).collect::<Vec<_>>().join("\n");
    for core in Core::all(&story.lab) {
        let directory = tempfile::tempdir()?;
        let workspace = Workspace::new(&story.lab, core, directory.path())?;
        workspace.write("main.tf", &format!("{header}\n{blocks}"))?;
        workspace.run(&PLAN)?.require_success().context("generating the configuration")?;
        require_marks_alone(&workspace.plan()?)?;

        workspace.write("main.tf", &header)?;
        for (to, id) in &imports {
            let import = ["import", "-no-color", "-input=false", to.as_str(), id.as_str()];
            workspace.run(&import)?.require_success()?;
        }
        let plan = workspace.plan()?;
        ensure!(!plan.resource_changes.iter().any(Change::is_import), "all should be imported");
        require_marks_alone(&plan)?;
    }
    Ok(())
}

fn require_marks_alone(plan: &Plan) -> Result<()> {
    let mut marked = 0;
    for change in &plan.resource_changes {
        let (address, body) = (&change.address, &change.change);
        let found = differences(&body.before, &body.after);
        if address.starts_with("kubeadm_cluster.") {
            ensure!(found == ["bootstrap_leftovers"], "{address}: {body:#?}");
        }
        if address.starts_with("kubeadm_control_plane_member.")
            || address.starts_with("kubeadm_worker.")
        {
            ensure!(found == ["marked"], "{address}: {body:#?}");
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

/// Addresses and ids: each host first, then ways in.
fn imports(story: &Story) -> Result<Vec<(String, String)>> {
    let at =
        |name: &str| Ok::<_, anyhow::Error>(format!("{name}@{}", story.lab.host(name)?.address));
    let members = [at(MEMBERS[0])?, at(MEMBERS[1])?];
    let ways = members.join(",");
    let mut all = vec![
        ("kubeadm_cluster.this".to_owned(), ways.clone()),
        ("kubeadm_cni.this".to_owned(), ways.clone()),
        ("kubeadm_control_plane_member.a1".to_owned(), ways.clone()),
        ("kubeadm_control_plane_member.a2".to_owned(), format!("{},{}", members[1], members[0])),
        ("kubeadm_worker.a3".to_owned(), format!("{},{ways}", at(WORKER)?)),
    ];
    for name in MEMBERS.iter().chain(&[WORKER]) {
        all.push((format!("kubeadm_node.{name}"), at(name)?));
    }
    Ok(all)
}

fn header(story: &Story) -> String {
    let key = &story.lab.status().ssh.private_key_file;
    format!(
        "terraform {{\n  required_providers {{\n    kubeadm = {{ source = \"kubeadm/kubeadm\" }}\n  }}\n}}\n\
         provider \"kubeadm\" {{\n  ssh = {{ user = \"root\", private_key_file = {key:?}, host_key_policy = \"accept_new\" }}\n}}"
    )
}

fn block(to: &str, id: &str) -> String {
    format!("import {{\n  to = {to}\n  id = {id:?}\n}}\n")
}
