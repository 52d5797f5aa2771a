//! Hosts that are reached through a bastion and that reach nothing but its proxy and its mirror.

use std::time::Duration;

use acceptance::{Cluster, Core, Listing, Story, Topology, wait_until};
use anyhow::{Result, ensure};
use serde_json::json;

use crate::cluster::network;
use crate::cluster::site::{Access, BASTION_USER, Site, USER};
use crate::cluster::untouched::Trace;

const HOSTS: [&str; 2] = ["a1", "a2"];
const BASTION: &str = "a3";
const EVERYWHERE: [&str; 3] = ["a1", "a2", BASTION];
const MIRROR_FILE: &str = "/etc/apt/sources.list.d/terraform-provider-kubeadm.sources";
const RUNTIME_DROP_IN: &str =
    "/etc/systemd/system/containerd.service.d/90-terraform-provider-kubeadm-proxy.conf";
const KUBELET_DROP_IN: &str =
    "/etc/systemd/system/kubelet.service.d/90-terraform-provider-kubeadm-proxy.conf";
const CONTROL_PLANE_NODE: &str = r#"kubeadm_node.control_plane["a1"]"#;
const WORKER_NODE: &str = r#"kubeadm_node.worker["a2"]"#;

/// From plans that leave bare hosts alone to a destroy that gives them back.
#[test]
fn hosts_behind_a_bastion_are_looked_at_changed_and_given_back() -> Result<()> {
    let story = Story::begin(Core::OpenTofu, &Topology::new(&["a1"], &["a2"]), &[BASTION])?;
    let site = Site::build(&story, BASTION, &HOSTS)?;
    let access = site.access()?;
    site.configure(&access)?;
    let before = Listing::of(&story.lab, "a2")?;

    bare_hosts_are_looked_at_and_not_touched(&story, &site)?;
    credentials_in_addresses_are_refused(&story, &site, &access)?;
    another_bastion_is_refused(&story, &site, &access)?;

    story.workspace.apply()?;
    story.require_no_changes()?;
    require_every_login_by_the_bastion(&story, &site)?;
    require_everything_fetched_through_the_site(&story, &site)?;
    a_plan_does_not_touch_a_cluster(&story)?;
    a_broken_mirror_is_shown_and_repaired(&story, &site)?;
    a_lost_proxy_is_shown_and_repaired(&story, &site)?;
    network::require_pod_network(&Cluster::of(&story.lab, "a1"), &HOSTS)?;
    require_logged(&site.proxy_log()?, &story, "a2", "kubeadm-lab/toolbox")?;
    a_proxy_that_is_no_longer_wanted_goes(&story, &site, &access)?;

    story.workspace.destroy()?;
    before.require_restored(&story.lab)?;
    story.end()
}

/// Both plans: the one that creates all and the one that imports a host, which looks at it.
fn bare_hosts_are_looked_at_and_not_touched(story: &Story, site: &Site<'_>) -> Result<()> {
    let before = Trace::of(&story.lab, &EVERYWHERE)?;
    story.workspace.plan()?;
    let address = &story.lab.host("a2")?.address;
    let import =
        format!("import {{\n  to = kubeadm_node.worker[\"a2\"]\n  id = \"a2@{address}\"\n}}\n");
    story.workspace.write("import.tf", &import)?;
    let run = story.workspace.run(&["plan", "-no-color", "-input=false"])?;
    std::fs::remove_file(story.workspace.directory().join("import.tf"))?;
    ensure!(!site.logins("a2", USER)?.is_empty(), "a2 should have been looked at\n{}", run.text);
    before.require_same(&Trace::of(&story.lab, &EVERYWHERE)?)
}

fn a_plan_does_not_touch_a_cluster(story: &Story) -> Result<()> {
    Cluster::of(&story.lab, "a1").wait_for_pods()?;
    let before = Trace::of(&story.lab, &EVERYWHERE)?;
    story.require_no_changes()?;
    before.require_same(&Trace::of(&story.lab, &EVERYWHERE)?)
}

/// Before anything is looked at, and at each place where an address is given.
fn credentials_in_addresses_are_refused(
    story: &Story,
    site: &Site<'_>,
    access: &Access,
) -> Result<()> {
    let secret = "http://user:password@192.0.2.1:3128";
    for (worker_proxy, packages, attribute) in [
        (json!({ "http": secret }), json!({}), "proxy.http"),
        (json!({ "https": secret }), json!({}), "proxy.https"),
        (json!({}), json!({ "proxy": secret }), "packages.proxy"),
        (json!({}), json!({ "mirror": secret }), "packages.mirror"),
    ] {
        site.configure(&Access { worker_proxy, packages, ..access.clone() })?;
        let run = story.workspace.run(&["plan", "-no-color", "-input=false"])?;
        require_words(
            &run.require_failure()?,
            &[
                "PLAN-CREDENTIALS: the address holds a user name or a password",
                "It would rest in clear text in the state and in the host's record",
                "Give the address without them",
                &format!("Attribute: {attribute}"),
            ],
        )?;
    }
    site.configure(access)
}

/// The bastion must have its pinned key: nothing is said to one that has not.
fn another_bastion_is_refused(story: &Story, site: &Site<'_>, access: &Access) -> Result<()> {
    let logins = site.logins(BASTION, BASTION_USER)?;
    let bastion_key = story.lab.host("a1")?.host_key.clone();
    site.configure(&Access { bastion_key, ..access.clone() })?;
    let run = story.workspace.run(&["apply", "-auto-approve", "-no-color", "-input=false"])?;
    let address = &story.lab.host(BASTION)?.address;
    require_words(
        &run.require_failure()?,
        &[
            &format!("refused to talk to {address}: its host key changed"),
            "the pinned key has SHA256:",
            &format!("somebody may be between you and {address}"),
        ],
    )?;
    ensure!(site.logins(BASTION, BASTION_USER)? == logins, "nobody should have logged in");
    site.configure(access)
}

/// The bastion by its own user and key; the hosts from its address, and from no other.
fn require_every_login_by_the_bastion(story: &Story, site: &Site<'_>) -> Result<()> {
    let key = site.key_fingerprint()?;
    let logins = site.logins(BASTION, BASTION_USER)?;
    let by_key = logins.iter().filter(|login| login.ends_with(&key)).count();
    ensure!(by_key > 0 && by_key == logins.len(), "{key} alone opens the bastion: {logins:?}");
    let bastion = format!("{} ", story.lab.host(BASTION)?.address);
    for host in HOSTS {
        let logins = site.logins(host, USER)?;
        let through = logins.iter().filter(|login| login.starts_with(&bastion)).count();
        ensure!(
            through > 0 && through == logins.len(),
            "{host} should be reached from {bastion}alone: {logins:?}"
        );
    }
    Ok(())
}

/// Packages by the mirror, those of Kubernetes and all images by the proxy, and what the cluster's
/// hosts say to each other by neither.
fn require_everything_fetched_through_the_site(story: &Story, site: &Site<'_>) -> Result<()> {
    let (proxy, mirror) = (site.proxy_log()?, site.mirror_log()?);
    for host in HOSTS {
        require_logged(&mirror, story, host, "/pool/main/c/containerd/")?;
        require_logged(&proxy, story, host, ":8080/")?;
        require_logged(&proxy, story, host, ":5000/v2/kube-proxy/")?;
        for unit in ["containerd", "kubelet"] {
            let environment = site.environment(host, unit)?;
            for name in ["HTTP_PROXY=", "https_proxy=", "NO_PROXY="] {
                ensure!(environment.contains(name), "{unit} on {host}: {environment}");
            }
        }
    }
    ensure!(!proxy.contains("CONNECT"), "the hosts should talk to each other directly\n{proxy}");
    ensure!(Cluster::of(&story.lab, "a1").ready_nodes()? == HOSTS, "both nodes should be Ready");
    Ok(())
}

fn require_logged(log: &str, story: &Story, host: &str, what: &str) -> Result<()> {
    let address = format!("{} GET ", story.lab.host(host)?.address);
    let asked = log.lines().any(|line| line.starts_with(&address) && line.contains(what));
    ensure!(asked, "{host} should have asked for {what}\n{log}");
    Ok(())
}

fn a_broken_mirror_is_shown_and_repaired(story: &Story, site: &Site<'_>) -> Result<()> {
    // Errors of a source that does not answer are warnings to apt, unless it is told otherwise.
    let refresh = format!(
        "apt-get -q update -o Dir::Etc::SourceList={MIRROR_FILE} -o Dir::Etc::SourceParts=- \
         -o APT::Get::List-Cleanup=0 -o APT::Update::Error-Mode=any"
    );
    story.lab.ssh("a2", &refresh)?;
    let mirror = site.mirror()?;
    story
        .lab
        .ssh("a2", &format!("sed -i 's|{mirror}|http://10.77.0.1:9/debian|' {MIRROR_FILE}"))?;
    let broken = story.lab.try_ssh("a2", &refresh)?;
    ensure!(!broken.status.success(), "the host should have no packages without its mirror");
    require_shown_and_repaired(story, &[MIRROR_FILE])?;
    story.lab.ssh("a2", &refresh)?;
    Ok(())
}

/// The services get their proxies back, not only their files.
fn a_lost_proxy_is_shown_and_repaired(story: &Story, site: &Site<'_>) -> Result<()> {
    let before = site.environment("a2", "containerd")?;
    story.lab.ssh(
        "a2",
        &format!(
            "rm {RUNTIME_DROP_IN} {KUBELET_DROP_IN} && systemctl daemon-reload && \
             systemctl restart containerd kubelet"
        ),
    )?;
    ensure!(site.environment("a2", "containerd")?.is_empty(), "the proxy should be lost");
    wait_until(Duration::from_mins(1), || {
        let kubelet = story.lab.try_ssh("a2", "curl -sf http://127.0.0.1:10248/healthz")?;
        Ok(kubelet.status.success())
    })?;
    require_shown_and_repaired(story, &[RUNTIME_DROP_IN, KUBELET_DROP_IN])?;
    for unit in ["containerd", "kubelet"] {
        let after = site.environment("a2", unit)?;
        ensure!(after == before, "{unit} should have its proxy again, not {after:?}");
    }
    ensure!(!site.proxy_log()?.contains("CONNECT"), "the kubelet should still talk directly");
    Ok(())
}

fn require_shown_and_repaired(story: &Story, paths: &[&str]) -> Result<()> {
    let run = story.workspace.detailed_plan()?;
    ensure!(run.code == Some(2), "drift should give exit status 2\n{}", run.text);
    for path in paths {
        ensure!(run.text.contains(path), "{path} should be shown\n{}", run.text);
    }
    story.require_changes(&[(WORKER_NODE, &["update"])])?;
    story.workspace.apply()?;
    story.require_no_changes()
}

/// Taken out of the configuration: gone from the files and from what runs.
fn a_proxy_that_is_no_longer_wanted_goes(
    story: &Story,
    site: &Site<'_>,
    access: &Access,
) -> Result<()> {
    site.configure(&Access { control_plane_proxy: json!(null), ..access.clone() })?;
    story.require_changes(&[(CONTROL_PLANE_NODE, &["update"])])?;
    story.workspace.apply()?;
    story.require_no_changes()?;
    for unit in ["containerd", "kubelet"] {
        let left = site.environment("a1", unit)?;
        ensure!(left.is_empty(), "{unit} on a1 should have no proxy any more: {left}");
    }
    let left =
        story.lab.ssh("a1", &format!("ls {RUNTIME_DROP_IN} {KUBELET_DROP_IN} 2>&1; true"))?;
    ensure!(left.matches("No such file").count() == 2, "the drop-ins should be gone:\n{left}");
    Ok(())
}

/// A text says all of these, when the frame that core draws is taken off and it is one line.
fn require_words(text: &str, wanted: &[&str]) -> Result<()> {
    let plain = text.replace(['│', '╷', '╵'], " ");
    let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in wanted {
        ensure!(plain.contains(words), "the error should say {words:?}\n{text}");
    }
    Ok(())
}
