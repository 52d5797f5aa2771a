//! Workers leave as their drain policy says, and what they carry is treated as it promises.

use std::time::{Duration, Instant};

use acceptance::{Cluster, Core, Story, wait_until};
use anyhow::{Context, Result, ensure};

use crate::cluster::leaving::{LEAVER, Leaving, both};
use crate::cluster::registration;
use crate::cluster::workload::{Place, Workload, bare_pod};

/// Can be nowhere else, and its budget allows no disruption.
const STUCK: Workload<'_> =
    Workload { name: "stuck", replicas: 1, kept: 1, place: Place::Only(LEAVER) };
/// May be anywhere, but never all of it away.
const WEB: Workload<'_> =
    Workload { name: "web", replicas: 2, kept: 1, place: Place::Rather(LEAVER) };

/// Tells each change of how many pods of the deployment are ready, from a unit of its own.
const WATCH: &str = "systemd-run --quiet --unit=web-ready --property=StandardOutput=truncate:/run/web-ready \
     kubectl --kubeconfig /etc/kubernetes/admin.conf get deployment web --watch --no-headers \
     -o custom-columns=READY:.status.readyReplicas";

/// One worker is given its settings in all ways, and leaves in all ways.
#[test]
fn a_worker_takes_its_settings_and_leaves_as_its_drain_policy_says() -> Result<()> {
    let story = Story::begin(Core::OpenTofu, &both(), &[])?;
    registration::set_changed_repaired_and_taken_back(&story)?;
    let leaving = Leaving { cluster: Cluster::of(&story.lab, "d1"), story: &story };

    leaving.stays("evict", "10s")?;
    a_bare_pod_is_not_given_up(&leaving)?;
    a_budget_keeps_the_node(&leaving)?;
    leaving.stays("evict", "1m")?;
    a_budget_is_never_broken(&leaving)?;
    leaving.stays("force", "20s")?;
    force_moves_all_pods(&leaving)?;
    leaving.stays("skip", "3m")?;
    skip_leaves_pods_alone(&leaving)?;
    story.end()
}

/// By `evict`, a pod that nothing would start again elsewhere is the user's to give up, and nothing
/// is touched before.
fn a_bare_pod_is_not_given_up(leaving: &Leaving<'_>) -> Result<()> {
    start_bare(leaving, "bare")?;
    leaving.cannot_leave(&[
        "failed to remove worker d3 from cluster single",
        "PF-UNMANAGED-PODS",
        "default/bare",
        "delete those pods, or set drain.policy to \"force\"",
    ])?;
    ensure!(!leaving.is_cordoned()?, "a refusal should not cordon the node");
    leaving.cluster.kubectl("delete pod bare --wait").map(drop)
}

/// By `evict`, a budget that never yields keeps the node, whole. Once it yields, the same apply
/// goes through: `emptyDir` volumes, daemons and static pods hold nobody.
fn a_budget_keeps_the_node(leaving: &Leaving<'_>) -> Result<()> {
    STUCK.start(&leaving.cluster)?;
    start_static(leaving)?;
    leaving.cannot_leave(&[
        "failed to remove worker d3 from cluster single",
        "host d3 (",
        "did not come true within 10s",
        "default/stuck-",
        "The disruption budget stuck needs 1 healthy pods and has 1 currently",
        "the node stays cordoned",
        "then apply again",
        "`kubectl uncordon d3`",
    ])?;
    ensure!(leaving.is_cordoned()?, "the node should stay cordoned");
    leaving.cluster.kubectl("delete pdb stuck")?;
    leaving.leaves()?;
    STUCK.stop(&leaving.cluster)
}

/// By `evict`, pods that a budget wants to be ready leave one after the other, each when the one
/// before is ready elsewhere.
fn a_budget_is_never_broken(leaving: &Leaving<'_>) -> Result<()> {
    WEB.start(&leaving.cluster)?;
    let nodes = pods(leaving, "web", ".spec.nodeName")?;
    ensure!(nodes == [LEAVER, LEAVER], "both pods should be on {LEAVER}: {nodes:?}");
    let counts = || leaving.story.lab.ssh("d1", "cat /run/web-ready");
    leaving.story.lab.ssh("d1", WATCH)?;
    wait_until(Duration::from_secs(10), || Ok(!counts()?.is_empty()))?;

    leaving.leaves()?;
    leaving.cluster.wait_for_pods()?;
    leaving.story.lab.ssh("d1", "systemctl stop web-ready")?;
    let counts = counts()?;
    let lowest = counts.lines().map(|count| count.trim().parse().unwrap_or(0)).min();
    ensure!(lowest == Some(1), "of 2 pods, 1 at a time should leave; ready were\n{counts}");
    let nodes = pods(leaving, "web", ".spec.nodeName")?;
    ensure!(nodes == ["d2", "d2"], "both pods should be on d2: {nodes:?}");
    WEB.stop(&leaving.cluster)
}

/// By `force`, pods without a controller are told to end, and those that a budget holds as well.
fn force_moves_all_pods(leaving: &Leaving<'_>) -> Result<()> {
    start_bare(leaving, "forced")?;
    STUCK.start(&leaving.cluster)?;
    let mut told = pods(leaving, "stuck", ".metadata.name")?;
    told.push("forced".to_owned());
    leaving.leaves()?;
    for pod in told {
        wait_until(Duration::from_secs(10), || was_told_to_end(leaving, &pod))
            .with_context(|| format!("pod {pod} should have been told to end"))?;
    }
    STUCK.stop(&leaving.cluster)
}

/// By `skip`, nobody looks at pods: they end with the node, at once, whatever holds them.
fn skip_leaves_pods_alone(leaving: &Leaving<'_>) -> Result<()> {
    start_bare(leaving, "skipped")?;
    STUCK.start(&leaving.cluster)?;
    let started = Instant::now();
    leaving.leaves()?;
    let took = started.elapsed();
    ensure!(took < Duration::from_mins(2), "nothing should be waited for, it took {took:?}");
    ensure!(!was_told_to_end(leaving, "skipped")?, "the pod should end with the node only");
    Ok(())
}

fn start_bare(leaving: &Leaving<'_>, name: &str) -> Result<()> {
    leaving.cluster.apply_manifest(&bare_pod(name, Some(LEAVER)))?;
    leaving.cluster.wait_for_pods()
}

/// A pod of the kubelet's own, which the cluster mirrors.
fn start_static(leaving: &Leaving<'_>) -> Result<()> {
    let manifest = bare_pod("static", None);
    let file = "/etc/kubernetes/manifests/static.yaml";
    leaving.story.lab.ssh(LEAVER, &format!("cat > {file} <<'END'\n{manifest}\nEND"))?;
    let mirror = format!("get pod static-{LEAVER} -o name");
    wait_until(Duration::from_mins(1), || Ok(!leaving.cluster.kubectl(&mirror)?.is_empty()))?;
    leaving.cluster.wait_for_pods()
}

fn pods(leaving: &Leaving<'_>, app: &str, field: &str) -> Result<Vec<String>> {
    let columns = format!("--no-headers -o custom-columns=FIELD:{field}");
    let text = leaving.cluster.kubectl(&format!("get pods -l app={app} {columns}"))?;
    Ok(text.lines().map(|line| line.trim().to_owned()).collect())
}

/// Whether the node's kubelet ended the pod in order.
fn was_told_to_end(leaving: &Leaving<'_>, pod: &str) -> Result<bool> {
    let selected = format!("reason=Killing,involvedObject.name={pod}");
    let events = format!("get events --field-selector {selected} -o name");
    Ok(!leaving.cluster.kubectl(&events)?.is_empty())
}
