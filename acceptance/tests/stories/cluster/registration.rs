//! How workers present themselves: labels, annotations, taints and arguments of the kubelet.

use std::collections::BTreeSet;
use std::time::Duration;

use acceptance::{Cluster, Story, wait_until};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

const WORKER: &str = "d2";
const WORKERS: [(&str, &[&str]); 2] =
    [(r#"kubeadm_worker.this["d2"]"#, &["update"]), (r#"kubeadm_worker.this["d3"]"#, &["update"])];
const DEDICATED: &str = "example.org/dedicated";
/// A taint that is not ours, put on by hand.
const MAINTENANCE: &str = "example.org/maintenance=yes:NoSchedule";

/// Arguments of the workers' kubelets, one a line.
const KUBELET: &str = r"tr '\0' '\n' < /proc/$(systemctl show -P MainPID kubelet)/cmdline";
/// The same as kubeadm keeps them.
const KUBEADM_FLAGS: &str = r#"sed -n 's/^KUBELET_KUBEADM_ARGS="\(.*\)"$/\1/p' /var/lib/kubelet/kubeadm-flags.env | tr ' ' '\n'"#;

/// Set by the join, changed in place, repaired and taken back; what others set stays.
pub(crate) fn set_changed_repaired_and_taken_back(story: &Story) -> Result<()> {
    let cluster = Cluster::of(&story.lab, "d1");
    set_worker(story, &at_join())?;
    story.workspace.apply()?;
    story.require_no_changes()?;
    for worker in ["d2", "d3"] {
        require_registration(story, worker, &at_join(), &[])?;
    }
    changed_in_place(story, &cluster)?;
    repaired(story, &cluster)?;
    taken_back(story)?;
    cluster.kubectl(&format!("taint node {WORKER} {MAINTENANCE}-")).map(drop)
}

/// Gives the workers arguments beside the scenario's own.
pub(crate) fn set_worker(story: &Story, arguments: &Value) -> Result<()> {
    let override_file = json!({ "resource": { "kubeadm_worker": { "this": arguments } } });
    story.workspace.write("override.tf.json", &override_file.to_string())
}

fn at_join() -> Value {
    json!({
        "labels": { "example.org/tier": "db", "example.org/rack": "7" },
        "annotations": { "example.org/owner": "shop", "example.org/floor": "2" },
        "taints": [
            { "key": DEDICATED, "value": "batch", "effect": "PreferNoSchedule" },
            { "key": "example.org/slow", "effect": "PreferNoSchedule" },
        ],
        "kubelet_extra_args": { "max-pods": ["50"], "v": ["1"] },
    })
}

/// One of each is changed, one is gone, one is new.
fn later() -> Value {
    json!({
        "labels": { "example.org/tier": "cache", "example.org/zone": "a" },
        "annotations": { "example.org/owner": "depot" },
        "taints": [
            { "key": DEDICATED, "value": "web", "effect": "NoSchedule" },
            { "key": "example.org/new", "value": "", "effect": "PreferNoSchedule" },
        ],
        "kubelet_extra_args": { "max-pods": ["60"], "registry-qps": ["7"] },
    })
}

fn changed_in_place(story: &Story, cluster: &Cluster<'_>) -> Result<()> {
    let uid = || cluster.kubectl(&format!("get node {WORKER} -o jsonpath={{.metadata.uid}}"));
    let before = uid()?;
    cluster.kubectl(&format!("taint node {WORKER} {MAINTENANCE}"))?;
    set_worker(story, &later())?;
    story.require_changes(&WORKERS)?;
    story.workspace.apply()?;
    story.require_no_changes()?;
    require_registration(story, WORKER, &later(), &[MAINTENANCE])?;
    require_registration(story, "d3", &later(), &[])?;
    ensure!(uid()? == before, "{WORKER} should be the same node as before");
    Ok(())
}

/// What somebody changed by hand is shown, and comes back.
fn repaired(story: &Story, cluster: &Cluster<'_>) -> Result<()> {
    cluster.kubectl(&format!("taint node {WORKER} {DEDICATED}-"))?;
    cluster.kubectl(&format!("annotate node {WORKER} example.org/owner-"))?;
    let edit = "sed -i s/--max-pods=60/--max-pods=10/ /var/lib/kubelet/kubeadm-flags.env";
    story.lab.ssh(WORKER, edit)?;

    let run = story.workspace.detailed_plan()?;
    for shown in [DEDICATED, "example.org/owner", "max-pods"] {
        ensure!(run.text.contains(shown), "{shown} should be shown\n{}", run.text);
    }
    ensure!(!run.text.contains("maintenance"), "a taint of others is none of ours\n{}", run.text);
    story.require_changes(&WORKERS[..1])?;
    story.workspace.apply()?;
    story.require_no_changes()?;
    require_registration(story, WORKER, &later(), &[MAINTENANCE])
}

/// Without a word about them in the configuration, nothing of ours is left of them.
fn taken_back(story: &Story) -> Result<()> {
    set_worker(story, &json!({}))?;
    story.require_changes(&WORKERS)?;
    story.workspace.apply()?;
    story.require_no_changes()?;
    let node = Cluster::of(&story.lab, "d1").json(&format!("get node {WORKER}"))?;
    let text = node.pointer("/metadata/annotations").map(Value::to_string).unwrap_or_default();
    ensure!(!text.contains("terraform-kubeadm/taints"), "no taint is ours any more: {text}");
    require_registration(story, WORKER, &json!({}), &[MAINTENANCE])
}

/// The node and its host have just what `arguments` say, and the taints of `others`.
fn require_registration(
    story: &Story,
    worker: &str,
    arguments: &Value,
    others: &[&str],
) -> Result<()> {
    let node = Cluster::of(&story.lab, "d1").json(&format!("get node {worker}"))?;
    for kind in ["labels", "annotations"] {
        let found = ours(node.pointer(&format!("/metadata/{kind}")));
        let wanted = ours(arguments.get(kind));
        ensure!(found == wanted, "{kind} of {worker} should be {wanted:?} and are {found:?}");
    }
    let mut wanted = taints(arguments.get("taints"));
    wanted.extend(others.iter().map(|taint| (*taint).to_owned()));
    let found = taints(node.pointer("/spec/taints"));
    ensure!(found == wanted, "taints of {worker} should be {wanted:?} and are {found:?}");
    require_kubelet(story, worker, arguments)
}

/// Entries of example.org; a node has many others.
fn ours(entries: Option<&Value>) -> BTreeSet<String> {
    let entries = entries.and_then(Value::as_object).into_iter().flatten();
    entries
        .filter(|(name, _)| name.starts_with("example.org/"))
        .map(|(name, value)| format!("{name}={value}"))
        .collect()
}

/// `key=value:effect`, as kubectl writes them.
/// Taints but for those by which the cluster itself tells of a node's state: it takes one off up to
/// its monitor's period of 5 s after the node is Ready.
fn taints(list: Option<&Value>) -> BTreeSet<String> {
    let part = |taint: &Value, name: &str| {
        taint.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let text = |taint: &Value| {
        format!("{}={}:{}", part(taint, "key"), part(taint, "value"), part(taint, "effect"))
    };
    let all = list.and_then(Value::as_array).into_iter().flatten().map(text);
    all.filter(|taint| !taint.starts_with("node.kubernetes.io/")).collect()
}

/// The running kubelet and kubeadm's file have the same arguments, and the node says so.
fn require_kubelet(story: &Story, worker: &str, arguments: &Value) -> Result<()> {
    let wanted = arguments.get("kubelet_extra_args").and_then(Value::as_object);
    let flags: BTreeSet<String> = wanted.into_iter().flatten().map(flag).collect::<Result<_>>()?;
    for place in [KUBEADM_FLAGS, KUBELET] {
        let text = story.lab.ssh(worker, place)?;
        let found: BTreeSet<String> =
            text.lines().filter(|flag| is_ours(flag)).map(str::to_owned).collect();
        ensure!(found == flags, "{worker} should have {flags:?} and has {found:?}: {place}");
    }
    let pods = flags.iter().find_map(|flag| flag.strip_prefix("--max-pods=")).unwrap_or("110");
    wait_until(Duration::from_secs(30), || {
        let capacity = format!("get node {worker} -o jsonpath={{.status.capacity.pods}}");
        Ok(Cluster::of(&story.lab, "d1").kubectl(&capacity)? == pods)
    })
    .with_context(|| format!("{worker} should take {pods} pods"))
}

fn flag((name, values): (&String, &Value)) -> Result<String> {
    let value = values.pointer("/0").and_then(Value::as_str).context("one value")?;
    Ok(format!("--{name}={value}"))
}

fn is_ours(flag: &str) -> bool {
    ["--max-pods=", "--v=", "--registry-qps="].iter().any(|name| flag.starts_with(name))
}
