//! What a look at a node tells that no attribute shows, and no apply mends.

use crate::finding::Finding;
use crate::observed::Observed;
use ipnet::IpNet;
use k8s_openapi::api::core::v1::Node;

/// Where flannel leaves the range of the host's pods for its plugin.
pub const FLANNEL_SUBNET_FILE: &str = "/run/flannel/subnet.env";

/// Conditions in which a kubelet takes no pods, or evicts them, with what is short.
const PRESSURES: [(&str, &str, &str); 3] = [
    ("DiskPressure", "DR-DISKPRESSURE", "disk space or inodes"),
    ("MemoryPressure", "DR-MEMORYPRESSURE", "memory"),
    ("PIDPressure", "DR-PIDPRESSURE", "process ids"),
];

/// Everything to say about the node of the host.
#[must_use]
pub fn remarks(host: &str, observed: &Observed, node: &Node) -> Vec<Finding> {
    pressures(host, node).into_iter().chain(foreign_subnet(host, observed, node)).collect()
}

fn pressures(host: &str, node: &Node) -> Vec<Finding> {
    let conditions = node.status.as_ref().and_then(|status| status.conditions.as_deref());
    let holds = |name: &str| {
        let all = conditions.unwrap_or_default().iter();
        all.into_iter().find(|condition| condition.type_ == name && condition.status == "True")
    };
    let finding = |(name, code, what): &(&str, &'static str, &str)| {
        let condition = holds(name)?;
        let message = condition.message.clone().unwrap_or_default();
        Some(
            Finding::warning(code, format!("host {host} is short of {what}"))
                .because(format!("Its kubelet reports {name}: {message}"))
                .advise(
                    "New pods are not placed there, and some that run are evicted: free some, or give the machine more",
                ),
        )
    };
    PRESSURES.iter().filter_map(finding).collect()
}

/// Written by hand, it makes pods of several hosts share addresses, and hides why flannel did not.
fn foreign_subnet(host: &str, observed: &Observed, node: &Node) -> Option<Finding> {
    let file = observed.files.file(FLANNEL_SUBNET_FILE);
    let text = &file.known()?.content;
    let found = text.lines().find_map(|line| line.strip_prefix("FLANNEL_SUBNET="))?;
    let found: IpNet = found.trim().parse().ok()?;
    let given = node.spec.as_ref()?.pod_cidr.clone()?;
    let range: IpNet = given.parse().ok()?;
    (!range.contains(&found.trunc())).then(|| {
        Finding::warning(
            "DR-SUBNETENV-FOREIGN",
            format!("pods of host {host} get addresses of {}, not of {given}", found.trunc()),
        )
        .because(format!("{FLANNEL_SUBNET_FILE} is not what flannel makes of the node's range."))
        .advise(format!("delete the file and the flannel pod on {host}: flannel writes it anew"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observed::{Fact, ManagedFile};
    use serde_json::{Value, from_value, json};

    fn node(conditions: &[(&str, &str)]) -> Node {
        let condition = |(name, status): &(&str, &str)| json!({"type": name, "status": status, "message": "it is short"});
        let conditions: Vec<Value> = conditions.iter().map(condition).collect();
        let spec = json!({"podCIDR": "10.50.1.0/24"});
        from_value(json!({"spec": spec, "status": {"conditions": conditions}})).unwrap()
    }

    fn observed(subnet: Option<&str>) -> Observed {
        let mut observed = Observed::default();
        let file = subnet.map(|subnet| {
            ManagedFile::public(format!("FLANNEL_NETWORK=10.50.0.0/16\nFLANNEL_SUBNET={subnet}\n"))
        });
        let fact = file.map_or(Fact::Absent, Fact::Known);
        observed.files.by_path.insert(FLANNEL_SUBNET_FILE.to_owned(), fact);
        observed
    }

    #[track_caller]
    fn check(subnet: Option<&str>, conditions: &[(&str, &str)], expected: &[&str]) {
        let found = remarks("w1", &observed(subnet), &node(conditions));
        let codes: Vec<&str> = found.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, expected);
        assert!(found.iter().all(|finding| !finding.is_error()));
    }

    #[test]
    fn a_kubelet_that_is_short_of_something_is_told() {
        check(None, &[("Ready", "True"), ("DiskPressure", "False")], &[]);
        check(None, &[("DiskPressure", "True")], &["DR-DISKPRESSURE"]);
        let both = [("PIDPressure", "True"), ("MemoryPressure", "True")];
        check(None, &both, &["DR-MEMORYPRESSURE", "DR-PIDPRESSURE"]);
        check(None, &[("DiskPressure", "Unknown")], &[]);
    }

    #[test]
    fn a_range_that_is_not_the_nodes_is_told() {
        check(Some("10.50.1.1/24"), &[], &[]);
        check(Some("10.50.2.1/24"), &[], &["DR-SUBNETENV-FOREIGN"]);
        check(Some("nonsense"), &[], &[]);
        assert!(remarks("w1", &Observed::default(), &node(&[])).is_empty());
        assert!(remarks("w1", &observed(Some("10.50.2.1/24")), &Node::default()).is_empty());
    }
}
