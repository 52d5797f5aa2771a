//! A cluster across two networks, with a hypervisor between them that rejects as libvirt does.

use acceptance::{Cluster, Core, Listing, Story, Topology, copy_scenario, one_line, wait_until};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::time::Duration;

use super::networks::{INNER, Network, OUTER, install_libvirt};
use crate::cluster::network;

const HYPERVISOR: &str = "hv1";
const MEMBER: &str = "in1";
const WORKER: &str = "out1";
const CHAIN: &str = "ENDPOINT-ROUTES";
/// Every way between both hosts.
const REACH: &str = r#"
data "kubeadm_reachability" "this" {
  from    = values(kubeadm_node.control_plane)
  to      = values(kubeadm_node.worker)
  ports   = ["9/tcp", "8472/udp"]
  between = [{ name = "hv1", address = HYPERVISOR }]
}
output "reach" { value = data.kubeadm_reachability.this.results }
"#;
/// libvirt finds its rules gone and makes them anew, before all others.
const ANEW: &str = "iptables -F FORWARD && systemctl restart libvirtd";

/// From nothing in one apply; whatever libvirt or somebody does, packets pass again; and all is as it
/// was when it goes.
#[test]
fn a_cluster_spans_two_networks() -> Result<()> {
    let story = Story::begin(Core::OpenTofu, &Topology::new(&[MEMBER], &[WORKER]), &[HYPERVISOR])?;
    install_libvirt(&story.lab, HYPERVISOR)?;
    for (network, host) in [(INNER, MEMBER), (OUTER, WORKER)] {
        network.define(&story.lab, HYPERVISOR)?;
        network.plug(&story.lab, HYPERVISOR, host)?;
    }
    story.lab.ssh(HYPERVISOR, ANEW)?;
    copy_scenario("two-networks", story.workspace.directory())?;
    arrange(&story, false)?;
    let before = Listing::of_all(&story.lab, &[HYPERVISOR, MEMBER, WORKER])?;

    what_is_in_the_way_is_told_before_a_join(&story)?;
    story.workspace.apply()?;
    let cluster = Cluster::of(&story.lab, MEMBER);
    ensure!(cluster.ready_nodes()? == [MEMBER, WORKER], "both nodes should be Ready");
    network::require_pod_network(&cluster, &[MEMBER, WORKER])?;
    nobody_is_masqueraded(&story)?;
    story.require_no_changes()?;

    libvirt_makes_its_rules_anew(&story)?;
    what_somebody_changes_is_put_back(&story)?;
    story.workspace.destroy()?;
    for before in &before {
        before.require_restored(&story.lab)?;
    }
    story.end()
}

/// What the scenario asks for; with the hypervisor left as it is, the networks are closed to each other.
fn arrange(story: &Story, closed: bool) -> Result<()> {
    let host = |name: &str, network: Option<&Network>| -> Result<Value> {
        let host = story.lab.host(name)?;
        let node_ip = network.map(Network::host);
        let all = [
            ("address", Some(&host.address)),
            ("host_key", Some(&host.host_key)),
            ("node_ip", node_ip.as_ref()),
        ];
        let given =
            all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value?))));
        Ok(json!({ (name): given.collect::<serde_json::Map<_, _>>() }))
    };
    let network = |it: &Network| json!({ "cidr": it.cidr(), "gateway": it.gateway() });
    let hypervisors = if closed { json!({}) } else { host(HYPERVISOR, None)? };
    story.rearrange_with(
        &Topology::default(),
        &[
            ("control_plane", host(MEMBER, Some(&INNER))?),
            ("workers", host(WORKER, Some(&OUTER))?),
            ("hypervisors", hypervisors),
            ("control_plane_network", network(&INNER)),
            ("worker_network", network(&OUTER)),
            ("interface", json!("^eth1$")),
        ],
    )
}

/// The worker is refused, and has nothing of the cluster; the rule that is in the way is found on the
/// hypervisor, and so is what keeps packets from coming back.
fn what_is_in_the_way_is_told_before_a_join(story: &Story) -> Result<()> {
    arrange(story, true)?;
    let apply = ["apply", "-auto-approve", "-no-color", "-input=false"];
    let text = one_line(&story.workspace.run(&apply)?.require_failure()?);
    for words in ["PF-REACH", "in1 does not reach port 10250/tcp of out1", "it is rejected"] {
        ensure!(text.contains(words), "it should say {words:?}\n{text}");
    }
    let carries = story.lab.ssh(WORKER, "ls /etc/kubernetes/*.conf 2>/dev/null; true")?;
    ensure!(carries.is_empty(), "nothing of the cluster should be there:\n{carries}");

    let hypervisor = format!("{:?}", story.lab.host(HYPERVISOR)?.address);
    story.workspace.write("reach.tf", &REACH.replace("HYPERVISOR", &hypervisor))?;
    let rejected = format!(
        "{HYPERVISOR} has a rule against it: iptables -t filter -A LIBVIRT_FWI -o {}",
        OUTER.bridge
    );
    require_outcome(story, MEMBER, "9/tcp", "rejected", &rejected)?;
    require_outcome(story, MEMBER, "8472/udp", "rejected", &rejected)?;
    let drop = format!("-A FORWARD -s {} -p tcp -m tcp --dport 9 -j DROP", OUTER.cidr());
    story.lab.ssh(HYPERVISOR, &format!("iptables -I {}", &drop[3..]))?;
    require_outcome(
        story,
        WORKER,
        "9/tcp",
        "timeout",
        &format!("{HYPERVISOR} has a rule against it: iptables -t filter {drop}"),
    )?;
    story.lab.ssh(HYPERVISOR, &format!("iptables -D {}", &drop[3..]))?;
    story.lab.ssh(WORKER, &format!("ip route add blackhole {}", INNER.host()))?;
    require_outcome(story, WORKER, "9/tcp", "no route", "")?;
    story.lab.ssh(WORKER, &format!("ip route delete blackhole {}", INNER.host()))?;
    one_way_in_and_another_out(story)?;
    std::fs::remove_file(story.workspace.directory().join("reach.tf"))?;
    arrange(story, false)
}

/// The lab's network leads to the member's address as well, whose answers take the other way.
fn one_way_in_and_another_out(story: &Story) -> Result<()> {
    let member = &story.lab.host(MEMBER)?.address;
    let other_way =
        format!("ip route replace {}/32 via {member} src {}", INNER.host(), OUTER.host());
    story.lab.ssh(WORKER, &other_way)?;
    // Else the question who has the address would be dropped already.
    let hardware = story.lab.ssh(MEMBER, "cat /sys/class/net/eth0/address")?;
    let neighbour = format!("{member} lladdr {} dev eth0 nud permanent", hardware.trim());
    story.lab.ssh(WORKER, &format!("ip neighbour replace {neighbour}"))?;
    story.lab.ssh(MEMBER, "sysctl -qw net.ipv4.conf.eth0.rp_filter=1")?;
    require_outcome(story, WORKER, "9/tcp", "timeout", &format!("rp_filter of {MEMBER} drops it"))?;
    story.lab.ssh(MEMBER, "sysctl -qw net.ipv4.conf.eth0.rp_filter=0")?;
    let undo =
        format!("ip route delete {}/32; ip neighbour delete {member} dev eth0", INNER.host());
    story.lab.ssh(WORKER, &undo).map(drop)
}

fn require_outcome(
    story: &Story,
    from: &str,
    port: &str,
    outcome: &str,
    cause: &str,
) -> Result<()> {
    let plan = story.workspace.plan()?;
    let results = plan
        .whole
        .pointer("/planned_values/outputs/reach/value")
        .or_else(|| plan.whole.pointer("/prior_state/values/outputs/reach/value"));
    let results = results.and_then(Value::as_array).context("an output reach")?;
    let found =
        results.iter().find(|it| it["from"] == from && it["port"] == port).context("a result")?;
    let told = found["cause"].as_str().unwrap_or_default();
    ensure!(found["outcome"] == outcome, "{outcome} was wanted: {found:#}");
    ensure!(told.starts_with(cause), "{cause:?} was wanted: {found:#}");
    Ok(())
}

/// The API server sees the worker's own address.
fn nobody_is_masqueraded(story: &Story) -> Result<()> {
    let seen = story.lab.ssh(MEMBER, "ss -Htn state established '( sport = :6443 )'")?;
    ensure!(seen.contains(&OUTER.host()), "{} should be among\n{seen}", OUTER.host());
    let hypervisor = format!("{}]", INNER.gateway());
    ensure!(!seen.contains(&hypervisor), "nobody should come as the hypervisor\n{seen}");
    Ok(())
}

fn worker_reaches_the_api(story: &Story) -> Result<bool> {
    let ask = format!("curl -sk -m 2 https://{}:6443/livez", INNER.host());
    Ok(story.lab.try_ssh(WORKER, &ask)?.stdout == b"ok")
}

/// Its chains come first again, and with them its rejections: within seconds ours does.
fn libvirt_makes_its_rules_anew(story: &Story) -> Result<()> {
    story.lab.ssh(HYPERVISOR, ANEW)?;
    wait_until(Duration::from_secs(20), || {
        let rules = story.lab.ssh(HYPERVISOR, "iptables -S FORWARD")?;
        let first = rules.lines().find(|rule| rule.starts_with("-A"));
        Ok(rules.contains("LIBVIRT_FWI") && first == Some(&format!("-A FORWARD -j {CHAIN}")))
    })
    .context("our chain should come before libvirt's")?;
    wait_until(Duration::from_secs(5), || worker_reaches_the_api(story))?;
    story.require_no_changes()
}

/// On each of the hosts something: the plan names it by host, one apply puts it back.
fn what_somebody_changes_is_put_back(story: &Story) -> Result<()> {
    let stop = format!(
        "systemctl disable --now kubeadm-endpoint-forward && ! iptables -S FORWARD | grep {CHAIN} \
         && sysctl -qw net.ipv4.ip_forward=0"
    );
    story.lab.ssh(HYPERVISOR, &stop)?;
    story.lab.ssh(WORKER, &format!("ip route delete {}", INNER.cidr()))?;
    let file = "/etc/systemd/system/kubeadm-endpoint-route.service";
    story.lab.ssh(MEMBER, &format!("sed -i s/{}/10.10.99.0/ {file}", OUTER.gateway()))?;
    story.lab.ssh(MEMBER, &format!("echo >> {file}"))?;
    ensure!(!worker_reaches_the_api(story)?, "the worker should be cut off");
    let route = |key: &str, host: &str| format!("kubeadm_endpoint_route.{key}[\"{host}\"]");
    let (hypervisor, member, worker) =
        (route("hypervisor", HYPERVISOR), route("control_plane", MEMBER), route("worker", WORKER));
    let update: &[&str] = &["update"];
    story.require_changes(&[(&hypervisor, update), (&member, update), (&worker, update)])?;
    let text = story.workspace.detailed_plan()?.text;
    for words in [
        "forward IPv4",
        "sysctl net.ipv4.ip_forward",
        "route 172.20.112.0/24",
        "kubeadm-endpoint-route.service",
    ] {
        ensure!(text.contains(words), "the plan should show {words:?}\n{text}");
    }
    story.workspace.apply()?;
    story.require_no_changes()?;
    wait_until(Duration::from_secs(5), || worker_reaches_the_api(story))
}
