use crate::finding::Finding;
use crate::intent::{ClusterIntent, EtcdIntent};

/// What changes of `next` over `prior` a cluster with members cannot follow.
///
/// Before the first member exists everything may change; the caller knows.
#[must_use]
pub fn changes(prior: &ClusterIntent, next: &ClusterIntent) -> Vec<Finding> {
    let endpoint = differs(&prior.endpoint.host, &next.endpoint.host)
        .map(|(from, to)| endpoint_changed(&from, &to));
    let name = differs(&prior.name, &next.name)
        .map(|(from, to)| changed(&["name"], &from, &to, "It is written into every kubeconfig."));
    let mut findings: Vec<Finding> = endpoint.into_iter().chain(name).collect();
    findings.extend(networking_changes(prior, next));
    findings.extend(etcd_moved(prior, next));
    findings
}

fn networking_changes(prior: &ClusterIntent, next: &ClusterIntent) -> Vec<Finding> {
    let (prior, next) = (&prior.networking, &next.networking);
    let text =
        |subnet: Option<ipnet::IpNet>| subnet.map_or("none".to_owned(), |net| net.to_string());
    let attributes = [
        ("pod_subnet", differs(&text(prior.pod_subnet), &text(next.pod_subnet)), PODS),
        ("service_subnet", differs(&prior.service_subnet, &next.service_subnet), SERVICES),
        ("dns_domain", differs(&prior.dns_domain, &next.dns_domain), DOMAIN),
        ("node_mask", differs(&prior.mask(), &next.mask()), PODS),
    ];
    let attributes = attributes.into_iter();
    attributes
        .filter_map(|(attribute, values, reason)| {
            let (from, to) = values?;
            Some(changed(&["networking", attribute], &from, &to, reason))
        })
        .collect()
}

const PODS: &str = "Every node keeps the part of the range it got when it joined.";
const SERVICES: &str = "Existing services keep their addresses, that of the API server among them.";
const OBJECTS: &str =
    "All objects of the cluster are in the etcd it was made with, and nothing moves them.";
const DOMAIN: &str = "Certificates, kubelets and running pods use it.";

fn differs<T: PartialEq + ToString>(prior: &T, next: &T) -> Option<(String, String)> {
    (prior != next).then(|| (prior.to_string(), next.to_string()))
}

fn endpoint_changed(from: &str, to: &str) -> Finding {
    Finding::error(
        "PLAN-ENDPOINT-IMMUTABLE",
        format!("the endpoint cannot change from {from} to {to}"),
    )
    .at(["endpoint", "host"])
    .because(
        "The certificates of the API servers and the kubeconfig of every node, component and \
             user name it.",
    )
    .advise(format!(
        "Keep {from} and let it lead elsewhere (DNS record, load balancer, virtual address), or \
             destroy the members before the change."
    ))
}

/// Its other settings can change in principle; where the cluster's objects are cannot.
fn etcd_moved(prior: &ClusterIntent, next: &ClusterIntent) -> Option<Finding> {
    let kind = |cluster: &ClusterIntent| match cluster.etcd {
        EtcdIntent::Local(_) => "local",
        EtcdIntent::External(_) => "external",
    };
    let (from, to) = differs(&kind(prior), &kind(next))?;
    let finding = changed(&["etcd"], &from, &to, OBJECTS);
    Some(finding.advise(
        "Put the old value back. To move, make a new cluster beside this one, or destroy the \
         members before the change: the cluster then begins with what the other etcd holds.",
    ))
}

fn changed(path: &[&str], from: &str, to: &str, reason: &str) -> Finding {
    let attribute = path.join(".");
    let summary =
        format!("{attribute} of a cluster with members cannot change from {from} to {to}");
    Finding::error("PLAN-IMMUTABLE", summary)
        .at(path.iter().copied())
        .because(reason)
        .advise("Put the old value back, or destroy the members before the change.")
}
