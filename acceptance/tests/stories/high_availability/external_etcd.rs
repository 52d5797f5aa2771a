//! A control plane whose objects are kept by an etcd on servers of its own.

use acceptance::{Cluster, Core, LoadBalancer, Story, Topology, one_line};
use anyhow::{Context, Result, ensure};
use serde_json::json;

use crate::high_availability::etcd_servers::EtcdServers;

/// Not the other stories' load balancer: this one may run beside them.
const BALANCER: &str = "lb2";
const DIRECTORY: &str = "/etc/external-etcd";
const APPLY: [&str; 4] = ["apply", "-auto-approve", "-no-color", "-input=false"];

/// Begun on one host, joined by another to which the files of etcd come with the join, left by the
/// first; etcd's members are nobody's affair, and its data stays.
#[test]
fn an_external_etcd_is_used_and_left() -> Result<()> {
    let story = Story::begin(Core::OpenTofu, &form(&["e1"]), &["e2"])?;
    let etcd = EtcdServers::start(&story.lab)?;
    story.workspace.write("override.tf", include_str!("external/override.tf"))?;
    story.workspace.write("etcd.tf", include_str!("external/etcd.tf"))?;

    arrange(&story, &["e1"])?;
    missing_files_are_told(&story)?;
    bring_files(&story, &etcd, "e1")?;
    story.workspace.apply()?;
    require_cluster(&story, &etcd, &["e1"])?;
    arrange(&story, &["e1", "e2"])?;
    a_load_balancer_out_of_reach_is_told(&story, "e2")?;
    story.workspace.apply()?;
    require_cluster(&story, &etcd, &["e1", "e2"])?;
    arrange(&story, &["e2"])?;
    story.workspace.apply()?;
    require_cluster(&story, &etcd, &["e2"])?;

    let text = one_line(&story.workspace.destroy()?);
    ensure!(text.contains("the external etcd keeps the data"), "it should say so\n{text}");
    ensure!(etcd_keeps(&story, &etcd)?, "what was kept should be there");
    let files = |host| story.lab.ssh(host, &format!("ls {DIRECTORY} 2>/dev/null; true"));
    ensure!(files("e2")?.is_empty(), "what came with the join should have gone");
    ensure!(files("e1")?.lines().count() == 3, "what the user brought should have stayed");
    another_cluster_needs_another_etcd(&story, &etcd)?;
    story.end()
}

fn form(members: &[&str]) -> Topology {
    Topology::new(members, &[]).behind(BALANCER)
}

fn arrange(story: &Story, members: &[&str]) -> Result<()> {
    LoadBalancer::of(&story.lab, BALANCER).set_backends(members)?;
    let endpoints = json!(EtcdServers::endpoints());
    story.rearrange_with(&form(members), &[("etcd_endpoints", endpoints)])
}

fn missing_files_are_told(story: &Story) -> Result<()> {
    let text = one_line(&story.workspace.run(&APPLY)?.require_failure()?);
    for words in ["PF-ETCD-FILES", &format!("{DIRECTORY}/client.key is missing on e1")] {
        ensure!(text.contains(words), "it should say {words:?}\n{text}");
    }
    let held = story.lab.ssh("e1", "apt-mark showhold")?;
    ensure!(held.is_empty(), "no package should have been held for a membership: {held}");
    let record = story.lab.ssh("e1", "cat /var/lib/terraform-provider-kubeadm/record.json")?;
    ensure!(!record.contains("cluster_id"), "the host should not have been marked: {record}");
    Ok(())
}

/// Before anything of the cluster is made on the host: kubeadm would find out after minutes.
fn a_load_balancer_out_of_reach_is_told(story: &Story, host: &str) -> Result<()> {
    let rule = format!("OUTPUT -d {} -j REJECT", story.lab.host(BALANCER)?.address);
    story.lab.ssh(host, &format!("iptables -I {rule}"))?;
    let text = one_line(&story.workspace.run(&APPLY)?.require_failure()?);
    ensure!(text.contains("PF-LB"), "it should name the load balancer\n{text}");
    let carries =
        story.lab.ssh(host, "ls /etc/kubernetes/*.conf /etc/kubernetes/pki 2>/dev/null; true")?;
    ensure!(carries.is_empty(), "nothing of the cluster should be there:\n{carries}");
    story.lab.ssh(host, &format!("iptables -D {rule}")).map(drop)
}

fn another_cluster_needs_another_etcd(story: &Story, etcd: &EtcdServers) -> Result<()> {
    arrange(story, &["e1"])?;
    bring_files(story, etcd, "e1")?;
    let text = one_line(&story.workspace.run(&APPLY)?.require_failure()?);
    ensure!(text.contains("PF-ETCD-IN-USE"), "it should be refused\n{text}");
    story.workspace.destroy().map(drop)
}

fn bring_files(story: &Story, etcd: &EtcdServers, host: &str) -> Result<()> {
    story.lab.ssh(host, &format!("mkdir -p -m 700 {DIRECTORY}"))?;
    for (name, text) in etcd.client_files()? {
        let write =
            format!("umask 077; cat > {DIRECTORY}/{name} <<'END'\n{}\nEND", text.trim_end());
        story.lab.ssh(host, &write)?;
    }
    Ok(())
}

/// Ready nodes, an etcd with all its servers and nothing of it on the hosts, and nothing to do.
fn require_cluster(story: &Story, etcd: &EtcdServers, members: &[&str]) -> Result<()> {
    let cluster = Cluster::of(&story.lab, members.first().context("a member")?);
    let ready = cluster.ready_nodes()?;
    ensure!(ready == members, "{members:?} should be Ready, and {ready:?} are");
    ensure!(etcd_keeps(story, etcd)?, "etcd should hold the cluster's objects");
    for member in members {
        let manifests = story.lab.ssh(member, "ls /etc/kubernetes/manifests")?;
        ensure!(!manifests.contains("etcd"), "no etcd should run on {member}:\n{manifests}");
        let key = story.lab.ssh(member, &format!("stat -c %a {DIRECTORY}/client.key"))?;
        ensure!(key.trim() == "600", "etcd's key on {member} should be root's: {key}");
    }
    story.require_no_changes()?;
    let printed = story.workspace.run(&["output", "-json"])?.require_success()?;
    let outputs: serde_json::Value = serde_json::from_str(&printed)?;
    let voters = outputs.pointer("/etcd/value/voters");
    ensure!(voters == Some(&json!(3)), "etcd should have its three voters: {outputs:#}");
    Ok(())
}

fn etcd_keeps(story: &Story, etcd: &EtcdServers) -> Result<bool> {
    let keys = ["get", "/registry/namespaces/", "--prefix", "--keys-only"];
    Ok(etcd.etcdctl(&story.lab, &keys)?.contains("/registry/namespaces/kube-system"))
}
