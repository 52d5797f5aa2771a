//! keepalived and haproxy.

use std::time::Duration;

use acceptance::Topology;
use anyhow::Result;

use super::drift::Drift;
use super::failover::{Failure, Failures};
use super::vip::{Vip, prints};
use super::{Kind, tell};

#[test]
fn keepalived_and_haproxy_serve_the_endpoint() -> Result<()> {
    tell(&KIND)
}

/// Not the other stories' hosts: it may run beside one of them. No host of the lab has the address.
pub(super) const KIND: Kind = Kind {
    vip: Vip {
        members: ["k1", "k2", "k3"],
        worker: "k4",
        address: "10.77.0.5",
        port: 8443,
        holds: |lab, host| prints(lab, host, "ip -4 -brief address show to 10.77.0.5/32"),
    },
    form: |members| Topology::new(members, &["k4"]).by_keepalived("10.77.0.5"),
    stranger: [
        &[("k4", "ip address add 10.77.0.5/32 dev eth0")],
        &[("k4", "ip address delete 10.77.0.5/32 dev eth0")],
    ],
    drift: Drift {
        changes: &[
            (
                "k1",
                "sed -i 's/server k2 .*/server k2 10.77.0.250:6443/' /etc/haproxy/haproxy.cfg && \
                 systemctl reload haproxy",
            ),
            ("k2", "systemctl disable --quiet --now keepalived"),
            (
                "k3",
                "echo 'exit 0' > /etc/keepalived/terraform-provider-kubeadm-check; \
                 rm /etc/systemd/system/keepalived.service.d/*.conf && systemctl daemon-reload",
            ),
        ],
        shown: &[
            "/etc/haproxy/haproxy.cfg",
            "stopped, not at boot",
            "terraform-provider-kubeadm-check",
            "keepalived.service.d",
        ],
        untouched: "systemctl show --property=MainPID --value haproxy",
    },
    failures: Failures {
        // keepalived misses three announcements of 0.5 s, haproxy two checks of 1 s; the rest is for hosts
        // that share two cores.
        longest: Duration::from_secs(8),
        longest_after_loss: Duration::from_secs(8),
        always: &[
            Failure::moves(
                "keepalived stopped",
                "systemctl stop keepalived",
                "systemctl start keepalived",
            ),
            Failure::API_SERVER_HUNG,
        ],
        others: &[
            Failure::moves("haproxy stopped", "systemctl stop haproxy", "systemctl start haproxy"),
            Failure::API_SERVER_STOPPED,
            // It would leave the address behind, on two hosts then.
            Failure::stays(
                "keepalived killed",
                "systemctl kill --signal=KILL keepalived; \
                 until systemctl is-active --quiet keepalived; do sleep 0.2; done",
            ),
        ],
    },
};
