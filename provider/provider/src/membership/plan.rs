//! What a plan of a membership promises.

use std::collections::BTreeMap;

use tfplugin::{Path, Tf};

use crate::model::{ClusterObject, Kubelet, KubernetesPackages, NodeObject};

/// What makes a membership another one: the node's name, its machine, the cluster. What was not
/// known before replaces nothing.
pub(crate) fn identity(prior: &Tf<NodeObject>, cluster: Path) -> Vec<Path> {
    let node = Path::of(["node"]);
    let had_machine = prior.known().is_some_and(|node| node.machine_id.is_known());
    let machine = had_machine.then(|| node.attribute("machine_id"));
    [node.attribute("name"), cluster].into_iter().chain(machine).collect()
}

/// What a plan promises of the kubelet: that it runs, with this configuration.
pub(crate) fn planned_kubelet(configuration: Tf<BTreeMap<String, Tf<String>>>) -> Tf<Kubelet> {
    let yes = Tf::Known(true);
    Tf::Known(Kubelet { enabled: yes, active: yes, current: yes, configuration })
}

/// What a plan promises of the packages: as long as all are of the cluster's version they stay as
/// they are, else all are installed again, and the hold is as the cluster wants it.
pub(crate) fn planned_packages(
    prior: &Tf<KubernetesPackages>,
    cluster: Tf<&ClusterObject>,
) -> Tf<KubernetesPackages> {
    let Tf::Known(prior) = prior else { return Tf::Unknown };
    let wanted = cluster.known().and_then(|cluster| cluster.kubernetes_version.known());
    let right = |package: &Tf<String>| {
        package.known().is_some_and(|found| wanted.is_some_and(|wanted| wanted == upstream(found)))
    };
    let held = held(cluster);
    if [&prior.kubeadm, &prior.kubelet, &prior.kubectl].into_iter().all(right) {
        return Tf::Known(KubernetesPackages { held, ..prior.clone() });
    }
    Tf::Known(KubernetesPackages {
        kubeadm: Tf::Unknown,
        kubelet: Tf::Unknown,
        kubectl: Tf::Unknown,
        held,
    })
}

/// The version of Kubernetes in a package's version, such as `1.35.4-1.1`.
fn upstream(package: &str) -> &str {
    package.split_once('-').map_or(package, |(version, _)| version)
}

/// Whether the plan is of another host, so that what there was is replaced. One whose machine was
/// not known before is the same.
pub(crate) fn another_host(prior: &Tf<NodeObject>, planned: &Tf<NodeObject>) -> bool {
    let (Tf::Known(prior), Tf::Known(planned)) = (prior, planned) else { return false };
    prior.name != planned.name
        || prior.machine_id.is_known() && prior.machine_id != planned.machine_id
}

/// Whether the cluster wants its packages held.
fn held(cluster: Tf<&ClusterObject>) -> Tf<bool> {
    let packages = cluster.and_then(|cluster| cluster.packages.as_ref());
    match packages {
        Tf::Unknown => Tf::Unknown,
        Tf::Null => Tf::Known(true),
        Tf::Known(packages) if packages.hold.is_null() => Tf::Known(true),
        Tf::Known(packages) => packages.hold,
    }
}
