//! Two people who change one cluster at the same time, and what somebody does to it by hand.

use std::time::Duration;

use acceptance::{
    BALANCER, Cluster, Core, Lab, LoadBalancer, Run, Story, Topology, Workspace, one_line,
    require_no_credentials_left, scenario_workspace, wait_until, wait_until_whole,
};
use anyhow::{Context, Result, anyhow, ensure};
use serde_json::json;
use tempfile::TempDir;

const ALL: [&str; 3] = ["cp1", "cp2", "cp3"];
const OVERRIDE: &str = include_str!("guest/override.tf");
const FIRST: &str = include_str!("guest/first.tf");

/// The first and last thing that systemd wrote of the transient unit in which kubeadm joins, in
/// seconds. The hosts of the lab have one clock.
const JOIN: &str = "journalctl --quiet --no-pager --output=short-unix \
                    --unit=terraform-kubeadm-join.service | cut -d' ' -f1 | sed -n '1p;$p'";

/// How often this host uploaded certificates for others.
const UPLOADS: &str = "journalctl --quiet --no-pager --output=cat \
                       --unit=terraform-kubeadm-upload-certs.service | grep -c '^Started '; true";

/// Each adds a member to the cluster that cp1 began: both succeed, one after the other.
#[test]
fn two_applies_at_once() -> Result<()> {
    let story = Story::begin(Core::OpenTofu, &form(&["cp1"]), &["cp2", "cp3"])?;
    LoadBalancer::of(&story.lab, BALANCER).set_backends(&ALL)?;
    story.workspace.apply()?;
    let guest = Guest::of(&story.lab, "cp1", "cp3")?;
    story.rearrange(&form(&["cp1", "cp2"]))?;

    both(&story.workspace, &guest.workspace)?;
    wait_until_whole(&story.lab, &ALL, &[])?;
    let cluster = Cluster::of(&story.lab, "cp1");
    cluster.require_voters(&ALL)?;
    require_no_credentials_left(&cluster)?;
    one_after_the_other(&story.lab)?;
    only_one_uploaded(&story.lab)?;
    for workspace in [&story.workspace, &guest.workspace] {
        // Not by the exit status: the outputs tell of nodes, and either apply may have ended first.
        let changes = workspace.plan()?.changes();
        ensure!(changes.is_empty(), "the plan should change nothing: {changes:#?}");
    }

    a_member_that_etcd_has_lost_joins_anew(&story, "cp2")?;
    guest.workspace.destroy()?;
    cluster.require_voters(&["cp1", "cp2"])?;
    story.end()
}

/// Somebody removes its member from etcd, as a departure does that is stopped half-way. The plan says
/// so once its kubelet, whose API server ended with it, is missed.
fn a_member_that_etcd_has_lost_joins_anew(story: &Story, host: &str) -> Result<()> {
    let cluster = Cluster::of(&story.lab, "cp1");
    let members = cluster.etcd_members()?;
    let member = members.iter().find(|member| member.name == host).context("its member")?;
    cluster.etcdctl(&format!("member remove {}", member.id))?;
    let wanted = format!("kubeadm_control_plane_member.this[\"{host}\"]");
    let update = vec!["update".to_owned()];
    wait_until(Duration::from_mins(3), || {
        Ok(story.workspace.plan()?.changes().get(&wanted) == Some(&update))
    })
    .context("the plan should join it anew")?;
    let text = one_line(&story.workspace.run(&["plan", "-no-color", "-input=false"])?.text);
    ensure!(text.contains(&format!("etcd has no member of host {host}")), "{text}");
    story.workspace.apply()?;
    wait_until_whole(&story.lab, &ALL, &[])?;
    cluster.require_voters(&ALL)?;
    let changes = story.workspace.plan()?.changes();
    ensure!(changes.is_empty(), "the plan should change nothing: {changes:#?}");
    Ok(())
}

/// Somebody with a configuration and a state of their own.
struct Guest {
    workspace: Workspace,
    _directory: TempDir,
}

impl Guest {
    /// The scenario, with one member of its own and another's as the way into the cluster.
    fn of(lab: &Lab, first: &str, own: &str) -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let topology = form(&[own]);
        let scenario = topology.scenario();
        let workspace =
            scenario_workspace(lab, Core::OpenTofu, scenario, &topology, directory.path())?;
        workspace.write("override.tf", OVERRIDE)?;
        workspace.write("first.tf", FIRST)?;
        let host = lab.host(first)?;
        let first = json!({
            "name": host.name, "address": host.address, "node_ip": host.address,
            "host_key": host.host_key,
        });
        let mut variables = topology.variables(lab)?;
        variables.insert("first".to_owned(), first);
        workspace.set_variables(&variables)?;
        Ok(Self { workspace, _directory: directory })
    }
}

fn form(members: &[&str]) -> Topology {
    Topology::new(members, &[]).behind(BALANCER)
}

/// Both are started before either is waited for.
fn both(one: &Workspace, other: &Workspace) -> Result<()> {
    let apply = |workspace: &Workspace| {
        workspace.run(&["apply", "-auto-approve", "-no-color", "-input=false"])
    };
    let (one, other) = std::thread::scope(|scope| -> Result<(Run, Run)> {
        let one = scope.spawn(|| apply(one));
        let other = apply(other);
        let one = one.join().map_err(|_| anyhow!("the first apply panicked"))?;
        Ok((one?, other?))
    })?;
    one.require_success().context("the cluster's own apply")?;
    other.require_success().context("the guest's apply")?;
    Ok(())
}

/// While kubeadm joined one host, it did not join the other.
fn one_after_the_other(lab: &Lab) -> Result<()> {
    let (one, other) = (Span::of_join(lab, "cp2")?, Span::of_join(lab, "cp3")?);
    let apart = one.end <= other.start || other.end <= one.start;
    ensure!(apart, "the joins of cp2 and cp3 overlap: {one:?} and {other:?}");
    Ok(())
}

/// The guest's member got the cluster's certificates over SSH, the other through the cluster.
fn only_one_uploaded(lab: &Lab) -> Result<()> {
    let mut started = 0;
    for host in ALL {
        let count: usize = lab.ssh(host, UPLOADS)?.trim().parse()?;
        started += count;
    }
    ensure!(started == 1, "one upload of certificates should have been made, not {started}");
    Ok(())
}

/// From when until when something ran, in seconds.
#[derive(Debug)]
struct Span {
    start: f64,
    end: f64,
}

impl Span {
    fn of_join(lab: &Lab, host: &str) -> Result<Self> {
        let text = lab.ssh(host, JOIN)?;
        let times = text.lines().map(str::parse).collect::<Result<Vec<f64>, _>>()?;
        let [start, end] = times.as_slice() else {
            return Err(anyhow!("the journal of {host} tells of no join: {text:?}"));
        };
        ensure!(end > start, "the join of {host} should have taken time: {text:?}");
        Ok(Self { start: *start, end: *end })
    }
}
