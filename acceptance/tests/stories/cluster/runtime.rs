//! The container runtime of a worker that runs: its settings change by intent, and are kept.

use acceptance::{Cluster, Story};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

const WORKER: &str = "w1";
const NODE: (&str, &[&str]) = (r#"kubeadm_node.worker["w1"]"#, &["update"]);
const OVERRIDE: &str = "runtime_override.tf.json";

/// Merged over the generated configuration as the last word.
const SETTINGS: &str =
    "[plugins.\"io.containerd.grpc.v1.cri\"]\nmax_container_log_line_size = 32768\n";
/// A registry that nobody asks.
const REGISTRY: &str = "registry.example.org";

/// What containerd runs by, as commands that fail where it does not.
const CHANGED: [&str; 3] = [
    "containerd config dump | grep -q 'max_container_log_line_size = 32768'",
    "grep -q 127.0.0.1:5999 /etc/containerd/certs.d/registry.example.org/hosts.toml",
    "apt-mark showhold | grep -qx containerd",
];
/// Containers that run, by id.
const CONTAINERS: &str = "ctr --namespace k8s.io tasks list --quiet | sort";
/// Versions of containerd that there are, the newest first, and the one that is installed.
const VERSIONS: &str = "apt-cache madison containerd | cut -d'|' -f2 | tr -d ' ' | sort -u -r -V";
const INSTALLED: &str = "dpkg-query --show --showformat='${Version}' containerd";

/// Mirrors, settings and version change in place while pods run on; what somebody changes of it by hand
/// is shown and repaired; without a word about it in the configuration it is as before.
pub(crate) fn settings_change_while_pods_run(story: &Story) -> Result<()> {
    let host = |command: &str| story.lab.ssh(WORKER, command);
    let (before, versions) = (host(CONTAINERS)?, host(VERSIONS)?);
    let older = versions.lines().last().context("containerd should be in the sources")?.to_owned();
    configure(story, &older)?;
    story.require_changes(&[NODE])?;
    story.workspace.apply()?;
    story.require_no_changes()?;
    CHANGED.iter().try_for_each(|changed| host(changed).map(drop))?;
    ensure!(host(INSTALLED)? == older, "containerd should be {older}, it is {}", host(INSTALLED)?);

    let newest = versions.lines().next().unwrap_or_default();
    host(&format!("apt-get install -qq -y --allow-change-held-packages containerd={newest}"))?;
    host("rm /etc/containerd/certs.d/registry.example.org/hosts.toml")?;
    let text = story.workspace.detailed_plan()?.text;
    for words in [format!("{newest:?} -> "), format!("certs.d/{REGISTRY}/hosts.toml")] {
        ensure!(text.contains(&words) || newest == older, "the plan should show {words:?}\n{text}");
    }
    story.require_changes(&[NODE])?;
    story.workspace.apply()?;
    story.require_no_changes()?;
    CHANGED.iter().try_for_each(|changed| host(changed).map(drop))?;
    ensure!(host(INSTALLED)? == older, "containerd should be {older} again");

    story.workspace.write(OVERRIDE, "{}")?;
    story.workspace.apply()?;
    story.require_no_changes()?;
    let left = CHANGED.iter().filter(|changed| host(changed).is_ok()).collect::<Vec<_>>();
    ensure!(left.is_empty(), "these should be gone: {left:?}");
    let after = host(CONTAINERS)?;
    ensure!(before == after, "no container should have ended:\n{before}\n{after}");
    ensure!(Cluster::of(&story.lab, "cp1").ready_nodes()?.contains(&WORKER.to_owned()));
    Ok(())
}

/// Over what the scenario gives.
fn configure(story: &Story, version: &str) -> Result<()> {
    let mut mirrors: serde_json::Map<String, Value> = story
        .lab
        .status()
        .registry_mirrors
        .iter()
        .map(|(registry, url)| (registry.clone(), json!({ "endpoints": [url] })))
        .collect();
    mirrors.insert(REGISTRY.to_owned(), json!({ "endpoints": ["http://127.0.0.1:5999"] }));
    let runtime = json!({ "registry_mirrors": mirrors, "settings": SETTINGS, "version": version });
    let worker = json!({ "worker": { "container_runtime": runtime } });
    let text = json!({ "resource": { "kubeadm_node": worker } }).to_string();
    story.workspace.write(OVERRIDE, &text)
}
