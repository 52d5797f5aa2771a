//! What of a host the control plane has to reach before it joins.

use super::Protocol;
use std::net::IpAddr;

/// The kubelet's port, which API servers ask.
const KUBELET: u16 = 10_250;
/// The port by which members of etcd talk to each other.
const ETCD: u16 = 2_380;

/// Addresses and ports of a host that its control plane reaches: the kubelet's at the address that the host
/// announces, etcd's at the one that its member of a stacked etcd has, and the overlay's port. What is not
/// known is left out.
#[must_use]
pub fn ports_of_a_join(
    announced: Option<IpAddr>,
    etcd: Option<IpAddr>,
    overlay: Option<u16>,
) -> Vec<(IpAddr, u16, Protocol)> {
    let kubelet = announced.map(|address| (address, KUBELET, Protocol::Tcp));
    let etcd = etcd.map(|address| (address, ETCD, Protocol::Tcp));
    let overlay = announced.zip(overlay).map(|(address, port)| (address, port, Protocol::Udp));
    [kubelet, etcd, overlay].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_port_is_tried_where_it_will_be() {
        let (node, member): (IpAddr, IpAddr) =
            ("10.10.10.11".parse().unwrap(), "10.0.0.11".parse().unwrap());
        assert_eq!(
            ports_of_a_join(Some(node), Some(member), Some(8472)),
            [
                (node, 10_250, Protocol::Tcp),
                (member, 2_380, Protocol::Tcp),
                (node, 8472, Protocol::Udp),
            ]
        );
        assert_eq!(ports_of_a_join(Some(node), None, None), [(node, 10_250, Protocol::Tcp)]);
        assert_eq!(ports_of_a_join(None, None, Some(8472)), [], "nobody knows where that would be");
    }
}
