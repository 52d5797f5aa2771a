//! kube-vip.

use std::time::Duration;

use acceptance::Topology;
use anyhow::Result;

use super::drift::Drift;
use super::failover::{Failure, Failures};
use super::vip::Vip;
use super::{Kind, tell};

#[test]
fn kube_vip_serves_the_endpoint() -> Result<()> {
    tell(&KIND)
}

const KIND: Kind = Kind {
    vip: Vip { members: ["v1", "v2", "v3"], worker: "v4", address: "10.77.0.6", port: 6443 },
    form: |members| Topology::new(members, &["v4"]).by_kube_vip("10.77.0.6"),
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
        all: &[
            Failure::stays("kube-vip killed", "pkill -KILL -x kube-vip"),
            Failure::API_SERVER_STOPPED,
            Failure::API_SERVER_HUNG,
        ],
    },
};
