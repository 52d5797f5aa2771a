use super::RoutesDraft;
use crate::checks::Planned;
use crate::cidr::overlap;
use crate::finding::Finding;
use ipnet::IpNet;

/// The networks that talk to each other, once all of them are known.
///
/// # Errors
/// What is wrong with them; the path begins at the resource.
pub fn networks(draft: &RoutesDraft) -> Result<Option<Vec<IpNet>>, Finding> {
    let Planned::Known(given) = &draft.between else {
        return Ok(draft.between.is_absent().then(Vec::new));
    };
    let mut networks: Vec<IpNet> = Vec::new();
    for text in given.iter().filter_map(Planned::text) {
        let network = network(text).map_err(|finding| finding.at(["forward", "between"]))?;
        if let Some(other) = networks.iter().find(|other| overlap(other, &network)) {
            return Err(Finding::error("PLAN-ROUTE", format!("{network} and {other} overlap"))
                .at(["forward", "between"])
                .because("What is in both would be on both sides of the host."));
        }
        networks.push(network);
    }
    if given.len() < 2 {
        return Err(Finding::error("PLAN-ROUTE", "a network has nobody to talk to")
            .at(["forward", "between"])
            .because("Packets are let pass from each of the networks to each other.")
            .advise("Give at least two networks."));
    }
    let known = given.iter().all(|text| text.known().is_some());
    let alone = |network: &&IpNet| {
        let family = |other: &&IpNet| other.addr().is_ipv4() == network.addr().is_ipv4();
        known && networks.iter().filter(family).count() == 1
    };
    if let Some(network) = networks.iter().find(alone) {
        return Err(Finding::error(
            "PLAN-ROUTE",
            format!("no other network is of the family of {network}"),
        )
        .at(["forward", "between"])
        .because("IPv4 goes by IPv4, and IPv6 by IPv6.")
        .advise("Give at least two networks of each family."));
    }
    Ok(known.then_some(networks))
}

pub(super) fn network(text: &str) -> Result<IpNet, Finding> {
    let wrong = |because: String| {
        Finding::error("PLAN-ROUTE", format!("{text:?} is no network"))
            .at(["to"])
            .because(because)
            .advise("Write it as 10.10.10.0/24; 0.0.0.0/0 stands for everywhere.")
    };
    let network: IpNet = text
        .parse()
        .map_err(|_| wrong("A network is an address and the length of its prefix.".to_owned()))?;
    if network != network.trunc() {
        return Err(wrong(format!("The network of this length is {}.", network.trunc())));
    }
    Ok(network)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_that_talk_are_two_and_apart() {
        let between = |texts: &[&str]| {
            let texts = texts.iter().map(|text| Planned::from(*text)).collect();
            networks(&RoutesDraft { between: Planned::Known(texts), ..RoutesDraft::default() })
        };
        assert_eq!(between(&["10.1.0.0/16", "10.2.0.0/16"]).unwrap().unwrap().len(), 2);
        assert!(between(&["10.1.0.0/16"]).is_err());
        assert!(between(&["10.1.0.0/16", "10.2.0.0/16", "fd00:1::/64"]).is_err());
        assert!(between(&["10.1.0.0/16", "10.1.2.0/24"]).is_err());
    }
}
