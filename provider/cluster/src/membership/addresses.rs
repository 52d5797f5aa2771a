//! Whether a host that is taken over keeps the addresses that it has in its cluster.

use super::refusal::Refusal;
use std::net::IpAddr;

/// The addresses of a host in its cluster, and those that the configuration gives it.
#[derive(Debug, Clone, Default)]
pub struct Addresses {
    /// Address of its node, as its kubelet reports it.
    pub node: Option<IpAddr>,
    /// The one that its kubelet is to announce; `None` leaves it the choice.
    pub wanted_node: Option<IpAddr>,
    /// Address that its API server announces; none on a worker.
    pub api_server: Option<IpAddr>,
    /// The one that it is to announce; `None` leaves it to kubeadm.
    pub wanted_api_server: Option<IpAddr>,
}

impl Addresses {
    /// Refuses to take over a host whose addresses would become others: its pods' network and etcd
    /// would lose it.
    ///
    /// # Errors
    /// The refusal, with the argument that keeps the address.
    pub fn kept(&self, host: &str) -> Result<(), Refusal> {
        same("node", "node_ip of its kubeadm_node", host, self.node, self.wanted_node)?;
        let argument = "advertise_address of the member";
        same("API server", argument, host, self.api_server, self.wanted_api_server)
    }
}

fn same(
    what: &str,
    argument: &str,
    host: &str,
    found: Option<IpAddr>,
    wanted: Option<IpAddr>,
) -> Result<(), Refusal> {
    match (found, wanted) {
        (Some(found), Some(wanted)) if found != wanted => Err(Refusal::new(
            "PF-ADDRESS-CHANGES",
            format!(
                "host {host} would change its address: its {what} has {found}, and is to announce {wanted}"
            ),
            format!("nothing was changed; give {found} as {argument}, then apply again"),
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_host_is_not_taken_over_with_another_address() {
        let kept = |node, wanted_node, api_server, wanted_api_server| {
            let addresses = Addresses { node, wanted_node, api_server, wanted_api_server };
            addresses.kept("cp1").map_err(|refusal| refusal.advice)
        };
        let (one, other) = (Some(address("10.0.0.1")), Some(address("192.0.2.1")));
        assert_eq!(kept(one, one, one, one), Ok(()));
        assert_eq!(kept(one, None, one, None), Ok(()), "it is left as it is");
        assert_eq!(kept(None, other, None, other), Ok(()), "nothing is known of it");
        let advice = kept(one, other, one, one).unwrap_err();
        assert!(advice.contains("give 10.0.0.1 as node_ip of its kubeadm_node"), "{advice}");
        let advice = kept(one, one, one, other).unwrap_err();
        assert!(advice.contains("give 10.0.0.1 as advertise_address of the member"), "{advice}");
    }
}
