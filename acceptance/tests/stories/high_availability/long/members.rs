//! Members come and go while the cluster serves.

use acceptance::{
    BALANCER, Cluster, Core, Listing, LoadBalancer, Story, Topology, require_members,
    require_no_credentials_left,
};
use anyhow::{Result, ensure};

use crate::high_availability::watch::Watch;

const HOSTS: [&str; 5] = ["cp1", "cp2", "cp3", "cp4", "cp5"];

/// From one form to the next: each is a subset of the hosts. The first that was made leaves in the
/// middle, and one of the later ones is left alone.
const FORMS: [&[&str]; 5] =
    [&["cp1"], &["cp1", "cp2", "cp3"], &HOSTS, &["cp3", "cp4", "cp5"], &["cp4"]];

/// One, three, five, three, one: etcd keeps its majority, the API answers, nothing is lost.
#[test]
fn members_come_and_go() -> Result<()> {
    let spare = &HOSTS[1..];
    let story = Story::begin(Core::OpenTofu, &form(FORMS[0]), spare)?;
    let before = Listing::of_all(&story.lab, &HOSTS)?;
    story.workspace.apply()?;
    require_members(&story, FORMS[0], &[])?;

    let watch = Watch::start(&story.lab, BALANCER, "cp1", &HOSTS)?;
    for pair in FORMS.windows(2) {
        change(&story, pair[0], pair[1], &before)?;
    }
    let record = watch.end()?;
    record.require_quorum()?;
    record.require_api()?;
    let cluster = Cluster::of(&story.lab, "cp4");
    record.require_writes_kept(&cluster)?;
    require_no_credentials_left(&cluster)?;

    story.workspace.destroy()?;
    ensure!(!story.workspace.state().contains("kubeadm_node"), "the state should be empty");
    require_restored(&story, &before, FORMS[4])?;
    story.end()
}

fn form(members: &[&str]) -> Topology {
    Topology::new(members, &[]).behind(BALANCER)
}

/// As the scenario's README says: a member is on the load balancer's list before it comes and until
/// it has gone.
fn change(story: &Story, from: &[&str], to: &[&str], before: &[Listing]) -> Result<()> {
    let balancer = LoadBalancer::of(&story.lab, BALANCER);
    let either: Vec<&str> =
        HOSTS.into_iter().filter(|host| from.contains(host) || to.contains(host)).collect();
    balancer.set_backends(&either)?;
    story.rearrange(&form(to))?;
    story.workspace.apply()?;
    balancer.set_backends(to)?;
    require_members(story, to, &[])?;
    let gone: Vec<&str> = from.iter().copied().filter(|host| !to.contains(host)).collect();
    require_restored(story, before, &gone)
}

fn require_restored(story: &Story, before: &[Listing], hosts: &[&str]) -> Result<()> {
    for (_, before) in HOSTS.iter().zip(before).filter(|(host, _)| hosts.contains(host)) {
        before.require_restored(&story.lab)?;
    }
    Ok(())
}
