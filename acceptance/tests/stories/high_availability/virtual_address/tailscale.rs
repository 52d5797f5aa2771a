//! A route in a tailnet, by Tailscale's client and Headscale.

use std::time::Duration;

use acceptance::{Core, Lab, Story, Tailnet, Topology, wait_until};
use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::drift::Drift;
use super::failover::{Failure, Failures};
use super::vip::Vip;
use super::{Kind, refused, tell_in};

#[test]
fn tailscale_serves_the_endpoint() -> Result<()> {
    let story = Story::begin(Core::OpenTofu, &(KIND.form)(&KIND.vip.members), &[])?;
    tell_in(&KIND, &story, a_route_that_nobody_approves_is_told)?;
    clients_have_their_preferences_back(&story)?;
    the_key_of_the_api_is_nowhere(&story)?;
    story.end()
}

/// Preferences of every host's client: no member takes the routes of others afterwards, as before.
const PREFERENCES: &str = "tailscale get | grep -E '^(accept|advertise)-routes' | tr -s ' '";

pub(super) const KIND: Kind = Kind {
    vip: Vip {
        members: ["t1", "t2", "t3"],
        worker: "t4",
        address: "10.200.0.1",
        port: 6443,
        holds: serves,
    },
    form: |members| Topology::new(members, &["t4"]).by_tailscale("10.200.0.1", "t5"),
    stranger: [
        &[
            ("t4", "tailscale set --advertise-routes=10.200.0.1/32"),
            ("t5", "headscale nodes approve-routes --identifier 4 --routes 10.200.0.1/32"),
        ],
        &[("t4", "tailscale set --advertise-routes=")],
    ],
    drift: Drift {
        changes: &[
            (
                "t1",
                "sed -i 's/^gate=yes/gate=no/' /var/lib/terraform-provider-kubeadm/endpoint-tailscale.sh",
            ),
            ("t2", "systemctl disable --quiet --now kubeadm-endpoint-tailscale"),
            (
                "t3",
                "rm /etc/systemd/system/kubeadm-endpoint-tailscale.service && systemctl daemon-reload",
            ),
            ("t3", "ip address delete 10.200.0.1/32 dev lo"),
        ],
        shown: &[
            "/var/lib/terraform-provider-kubeadm/endpoint-tailscale.sh",
            "stopped, not at boot",
            "/etc/systemd/system/kubeadm-endpoint-tailscale.service",
        ],
        untouched: "systemctl show --property=MainPID --value tailscaled",
    },
    failures: Failures {
        // An API server that is not ready is asked twice within 4 s, and the control server takes another host at
        // once; the rest is for hosts that share two cores, and for paths that were not used before.
        longest: Duration::from_secs(15),
        // Headscale asks its routers every 10 s, and waits for 5 s.
        longest_after_loss: Duration::from_secs(30),
        always: &[
            Failure::API_SERVER_HUNG,
            Failure::moves(
                "tailscaled stopped",
                "systemctl stop tailscaled",
                "systemctl start tailscaled",
            ),
        ],
        others: &[
            Failure::API_SERVER_STOPPED,
            // The control server notices by itself.
            Failure::moves(
                "tailscaled killed",
                "systemctl kill --signal=KILL tailscaled; systemctl mask --quiet --runtime --now tailscaled",
                "systemctl unmask --quiet --runtime tailscaled; systemctl start tailscaled",
            ),
            Failure::stays(
                "service killed",
                "systemctl kill --signal=KILL kubeadm-endpoint-tailscale; \
                 until systemctl is-active --quiet kubeadm-endpoint-tailscale; do sleep 0.2; done",
            ),
        ],
    },
};

/// As the worker sees it: Headscale tells a host itself later.
fn serves(lab: &Lab, host: &str) -> bool {
    let status = lab.ssh("t4", "tailscale status --json").unwrap_or_default();
    let status: Value = serde_json::from_str(&status).unwrap_or_default();
    let peers = status.get("Peer").and_then(Value::as_object).into_iter().flatten();
    let is_host = |peer: &&Value| peer.get("HostName").is_some_and(|name| name == host);
    let mut of_host = peers.map(|(_, peer)| peer).filter(is_host);
    let routes = of_host.find_map(|peer| peer.get("PrimaryRoutes")?.as_array());
    routes.into_iter().flatten().any(|route| route == "10.200.0.1/32")
}

/// Before anything begins on the host: its route would lead nowhere. Other routes that it advertises are nobody's
/// business.
fn a_route_that_nobody_approves_is_told(story: &Story) -> Result<()> {
    story.lab.ssh("t1", "tailscale set --advertise-routes=192.168.7.0/24")?;
    let topology = (KIND.form)(&KIND.vip.members);
    story.rearrange_with(&topology, &[("tailscale_api", Value::Null)])?;
    let text = refused(story)?;
    let told = text.contains("RT-ROUTE-NOT-APPROVED") && text.contains("--identifier ");
    ensure!(told, "it should tell how to approve it\n{text}");
    story.rearrange(&topology)
}

/// In what hosts and core keep; how it comes to curl is seen elsewhere.
fn the_key_of_the_api_is_nowhere(story: &Story) -> Result<()> {
    let key = Tailnet::of(&story.lab, "t5").api_key()?;
    ensure!(!story.workspace.state().contains(&key), "the key is in the state");
    for host in KIND.vip.members {
        let look =
            format!("grep -rlsF -e '{key}' /etc /root /run/systemd /tmp /var/lib /var/log; true");
        let found = story.lab.ssh(host, &look)?;
        ensure!(found.trim().is_empty(), "the key is on {host}:\n{found}");
    }
    Ok(())
}

fn clients_have_their_preferences_back(story: &Story) -> Result<()> {
    for host in KIND.vip.members {
        let kept = story.lab.ssh(host, PREFERENCES)?;
        let routes = if host == "t1" { " 192.168.7.0/24" } else { " " };
        let wanted = format!("accept-routes false advertise-routes{routes}");
        ensure!(kept.split_whitespace().eq(wanted.split_whitespace()), "{host} has:\n{kept}");
    }
    let worker = story.lab.ssh("t4", PREFERENCES)?;
    ensure!(worker.contains("accept-routes false"), "the worker has:\n{worker}");
    wait_until(Duration::from_secs(5), || {
        Ok(story.lab.ssh("t1", "ip -brief address show to 10.200.0.1/32")?.is_empty())
    })
    .context("no host should have the address any more")
}
