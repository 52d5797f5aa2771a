use super::draft::{ClusterDraft, KubeVipDraft};
use super::endpoint::endpoint_port;
use super::virtual_address::{check_virtual_address, virtual_address};
use crate::finding::Finding;
use crate::intent::{Endpoint, KubeVip};

/// Remarks on a virtual address that kube-vip holds; paths begin at the endpoint.
pub(super) fn check_kube_vip(draft: &ClusterDraft, kind: &KubeVipDraft) -> Vec<Finding> {
    let mut findings = check_virtual_address(draft, "kube_vip", &kind.place);
    findings.extend(image(kind).err().map(|finding| finding.below(["kube_vip"])));
    findings.extend(other_port(draft));
    findings.extend(ipv6(draft, kind));
    findings
}

/// The intent, once all of it is known.
pub(super) fn kube_vip(draft: &ClusterDraft, kind: &KubeVipDraft) -> Result<KubeVip, Finding> {
    let (address, interface) = virtual_address(draft, &kind.place)?;
    Ok(KubeVip { address, interface, image: image(kind)? })
}

/// The image; `None` when it is left out or unknown.
fn image(kind: &KubeVipDraft) -> Result<Option<String>, Finding> {
    let Some(image) = kind.image.text() else { return Ok(None) };
    let name = image.rsplit('/').next().unwrap_or_default();
    let fits = image.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"'{}#".contains(&byte));
    if fits && name.contains([':', '@']) {
        return Ok(Some(image.to_owned()));
    }
    Err(Finding::error("PLAN-ENDPOINT-IMAGE", format!("{image:?} names no version of an image"))
        .at(["image"])
        .because("Hosts that pull it at different times would run different versions.")
        .advise(format!("Write it with its tag, such as {}.", KubeVip::DEFAULT_IMAGE)))
}

/// It holds an address, and passes no connections on.
fn other_port(draft: &ClusterDraft) -> Option<Finding> {
    let port = endpoint_port(draft).ok().flatten()?;
    let own = Endpoint::DEFAULT_PORT;
    let finding = Finding::error("PLAN-ENDPOINT-PORT", format!("nothing answers at port {port}"))
        .at(["port"])
        .because(format!("API servers listen at {own}, and kube-vip passes no connections on."))
        .advise("Leave port out, or use keepalived, which brings load balancers.");
    (port != own).then_some(finding)
}

/// The kernel may take such an address for the source of the host's own connections, to its peers of
/// etcd among them.
fn ipv6(draft: &ClusterDraft, kind: &KubeVipDraft) -> Option<Finding> {
    let (address, _) = virtual_address(draft, &kind.place).ok()?;
    let finding = Finding::error("PLAN-ENDPOINT-ADDRESS", format!("{address} is an IPv6 address"))
        .at(["kube_vip"])
        .because("This release holds IPv4 addresses by kube-vip: others were not tried.")
        .advise("Use keepalived, or a load balancer of your own.");
    address.is_ipv6().then_some(finding)
}
