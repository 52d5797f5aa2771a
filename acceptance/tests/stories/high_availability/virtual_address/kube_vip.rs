//! kube-vip.

use std::time::Duration;

use acceptance::Topology;
use anyhow::Result;

use super::drift::Drift;
use super::failover::{Failure, Failures};
use super::vip::{Vip, prints};
use super::{Kind, tell};

#[test]
fn kube_vip_serves_the_endpoint() -> Result<()> {
    tell(&KIND)
}

pub(super) const KIND: Kind = Kind {
    vip: Vip {
        members: ["v1", "v2", "v3"],
        worker: "v4",
        address: "10.77.0.6",
        port: 6443,
        holds: |lab, host| prints(lab, host, "ip -4 -brief address show to 10.77.0.6/32"),
    },
    form: |members| Topology::new(members, &["v4"]).by_kube_vip("10.77.0.6"),
    stranger: [
        &[("v4", "ip address add 10.77.0.6/32 dev eth0")],
        &[("v4", "ip address delete 10.77.0.6/32 dev eth0")],
    ],
    drift: Drift {
        changes: &[
            (
                "v1",
                "sed -i 's/value: \"5\"/value: \"50\"/' /etc/kubernetes/manifests/kube-vip.yaml",
            ),
            ("v2", "rm /etc/kubernetes/manifests/kube-vip.yaml"),
        ],
        shown: &["/etc/kubernetes/manifests/kube-vip.yaml"],
        untouched: "cat /proc/$(pgrep -o -x kube-apiserver)/stat | cut -d' ' -f22",
    },
    failures: Failures {
        // Its Lease lives for 5 s, and others look for it every second; the rest is for hosts that share two
        // cores.
        longest: Duration::from_secs(12),
        longest_after_loss: Duration::from_secs(12),
        always: &[Failure::API_SERVER_HUNG],
        others: &[
            Failure::stays("kube-vip killed", "pkill -KILL -x kube-vip"),
            Failure::API_SERVER_STOPPED,
        ],
    },
};
