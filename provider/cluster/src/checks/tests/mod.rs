//! Tables of drafts and what is said about them.

mod etcd;
mod gold;
mod keepalived;
mod network;
mod nodes;
mod settings;
mod tailscale;
mod unknown;
mod versions;

use super::*;
use crate::finding::{Finding, Severity};

/// A draft that nothing is said against: three hosts behind a load balancer.
fn fine_cluster() -> ClusterDraft {
    ClusterDraft {
        name: "prod".into(),
        kubernetes_version: "1.35.4".into(),
        endpoint: EndpointDraft {
            host: "api.example.org".into(),
            port: Planned::Absent,
            kind: EndpointKindDraft::External,
        },
        networking: NetworkingDraft {
            pod_subnet: "10.50.0.0/16".into(),
            ..NetworkingDraft::default()
        },
        control_plane_nodes: Planned::Known(nodes(3)),
        ..ClusterDraft::default()
    }
}

fn nodes(count: usize) -> Vec<NodeDraft> {
    let node = |number| NodeDraft {
        name: Planned::Known(format!("cp{number}")),
        address: Planned::Known(format!("10.77.0.1{number}")),
        ..NodeDraft::default()
    };
    (1..=count).map(node).collect()
}

fn fine_member() -> MemberDraft {
    MemberDraft { cluster: fine_cluster(), node: nodes(1).remove(0), ..MemberDraft::default() }
}

fn fine_worker() -> WorkerDraft {
    WorkerDraft {
        cluster: fine_cluster(),
        control_plane: Planned::Known(nodes(3)),
        node: NodeDraft { name: "w1".into(), address: "10.77.0.21".into(), ..NodeDraft::default() },
        ..WorkerDraft::default()
    }
}

/// `SEVERITY CODE path` of each finding.
fn said(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(brief).collect()
}

fn brief(finding: &Finding) -> String {
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    };
    format!("{severity} {} {}", finding.code, finding.path.join("."))
}

/// A change of a fine draft, and what must be said about it.
type Case<T> = (&'static str, fn(&mut T), &'static [&'static str]);

#[track_caller]
fn check_table<T>(fine: impl Fn() -> T, check: impl Fn(&T) -> Vec<Finding>, table: &[Case<T>]) {
    for (name, change, expected) in table {
        let mut draft = fine();
        change(&mut draft);
        assert_eq!(said(&check(&draft)), *expected, "{name}");
    }
}
