use super::POD_MTU_OVERHEAD;
use crate::finding::Finding;
use crate::intent::{FlannelBackend, FlannelIntent};
use ipnet::IpNet;

/// Remarks on flannel's settings for a pod range of `subnet`; paths begin at the resource.
///
/// `subnet` is `None` while it is unknown: what depends on it is not checked then.
#[must_use]
pub fn check_flannel(flannel: &FlannelIntent, subnet: Option<&IpNet>) -> Vec<Finding> {
    let mut findings = vxlan_settings_without_vxlan(flannel);
    findings.extend(flannel.mtu.and_then(|mtu| mtu_range(mtu, subnet)));
    findings.extend(flannel.port.and_then(port_range));
    findings.extend(flannel.vni.and_then(|vni| vni_range(vni, subnet)));
    findings.extend(two_interfaces(flannel));
    findings.extend(empty_texts(flannel));
    findings.into_iter().map(|finding| finding.below(["flannel"])).collect()
}

fn vxlan_settings_without_vxlan(flannel: &FlannelIntent) -> Vec<Finding> {
    if flannel.backend != FlannelBackend::HostGw {
        return Vec::new();
    }
    let given = [
        ("mtu", flannel.mtu.is_some()),
        ("port", flannel.port.is_some()),
        ("vni", flannel.vni.is_some()),
    ];
    let given = given.into_iter().filter(|(_, is_given)| *is_given);
    given.map(|(name, _)| only_for_vxlan(name)).collect()
}

fn only_for_vxlan(name: &str) -> Finding {
    Finding::error("PLAN-FLANNEL", format!("{name} has no meaning for backend host-gw"))
        .at([name])
        .because("host-gw routes packets as they are; there is no overlay to set up.")
        .advise(format!("Remove {name}, or use backend = \"vxlan\"."))
}

fn mtu_range(mtu: u16, subnet: Option<&IpNet>) -> Option<Finding> {
    let (smallest, family) = match subnet {
        Some(IpNet::V6(_)) => (1280, "IPv6"),
        Some(IpNet::V4(_)) | None => (576, "IPv4"),
    };
    let largest = u16::MAX - POD_MTU_OVERHEAD;
    if (smallest..=largest).contains(&mtu) {
        return None;
    }
    let finding = Finding::error("PLAN-FLANNEL", format!("mtu {mtu} is out of range"))
        .at(["mtu"])
        .because(format!(
            "{family} needs at least {smallest} bytes, and the overlay adds {POD_MTU_OVERHEAD} \
             bytes to each packet, which leaves at most {largest}."
        ))
        .advise("Give the MTU that pods shall see: that of the hosts' interface less 50.");
    Some(finding)
}

fn port_range(port: u16) -> Option<Finding> {
    let finding = Finding::error("PLAN-FLANNEL", "port 0 is not a UDP port")
        .at(["port"])
        .because("Hosts send the overlay's packets to one fixed port.")
        .advise("Leave port out for flannel's own 8472, or give one between 1 and 65535.");
    (port == 0).then_some(finding)
}

/// flannel names the interface after the VNI, and Linux allows 15 characters for a name.
fn vni_range(vni: u32, subnet: Option<&IpNet>) -> Option<Finding> {
    let (largest, example) = match subnet {
        Some(IpNet::V6(_)) => (9_999, "flannel-v6"),
        Some(IpNet::V4(_)) | None => (9_999_999, "flannel"),
    };
    if (1..=largest).contains(&vni) {
        return None;
    }
    let finding = Finding::error("PLAN-FLANNEL", format!("vni {vni} is out of range"))
        .at(["vni"])
        .because(format!(
            "The interface is named {example}.{vni}, and Linux allows 15 characters for the name \
             of an interface; 0 is no identifier."
        ))
        .advise(format!("Give a number between 1 and {largest}."));
    Some(finding)
}

fn two_interfaces(flannel: &FlannelIntent) -> Option<Finding> {
    let both = flannel.interface.is_some() && flannel.interface_regex.is_some();
    let finding = Finding::warning("PLAN-FLANNEL", "interface_regex is used only as second choice")
        .at(["interface_regex"])
        .because("flannel takes the interface where a host has it, and asks the pattern elsewhere.")
        .advise("Give one of the two, unless this is meant.");
    both.then_some(finding)
}

fn empty_texts(flannel: &FlannelIntent) -> Vec<Finding> {
    let texts = [
        ("image", &flannel.image),
        ("plugin_image", &flannel.plugin_image),
        ("interface", &flannel.interface),
        ("interface_regex", &flannel.interface_regex),
    ];
    let empty = |text: &Option<String>| text.as_ref().is_some_and(|text| text.trim().is_empty());
    let empty = texts.into_iter().filter(|(_, text)| empty(text));
    empty.map(|(name, _)| empty_text(name)).collect()
}

fn empty_text(name: &str) -> Finding {
    Finding::error("PLAN-FLANNEL", format!("{name} is empty"))
        .at([name])
        .because("An empty text is neither a value nor the default.")
        .advise(format!("Leave {name} out for the default."))
}
