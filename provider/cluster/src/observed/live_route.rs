//! One route of a host, as the kernel has it and as `NetworkManager` keeps it.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::net::IpAddr;

/// One route of a host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LiveRoute {
    /// Where to; a default route has the prefix length 0.
    pub destination: IpNet,
    /// Next hop; none on a link of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<IpAddr>,
    /// Interface it leaves by.
    pub device: String,
    /// Source address of packets that have none yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<IpAddr>,
    /// Of two routes to the same destination, the one with less is taken.
    pub metric: u32,
    /// Number of the routing table.
    pub table: u32,
}

impl LiveRoute {
    /// The table that is used where no rule says otherwise.
    pub const MAIN: u32 = 254;

    /// The metric of a route that is given none.
    #[must_use]
    pub fn default_metric(destination: &IpNet) -> u32 {
        if matches!(destination, IpNet::V4(_)) { 0 } else { 1024 }
    }

    /// Whether the kernel takes both for the same entry: one replaces the other.
    #[must_use]
    pub fn is_same_entry(&self, other: &Self) -> bool {
        (self.destination, self.metric, self.table)
            == (other.destination, other.metric, other.table)
    }

    /// The entry, as it is named in messages: `10.10.10.0/24 table 100`.
    #[must_use]
    pub fn entry(&self) -> String {
        let table = (self.table != Self::MAIN).then(|| format!("table {}", self.table));
        let metric = (self.metric != Self::default_metric(&self.destination))
            .then(|| format!("metric {}", self.metric));
        let words = [Some(self.destination.to_string()), table, metric];
        words.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    /// Which way it leads: `via 10.77.0.1 dev eth0 src 10.77.0.11`.
    #[must_use]
    pub fn way(&self) -> String {
        let gateway = self.gateway.map(|gateway| format!("via {gateway}"));
        let source = self.source.map(|source| format!("src {source}"));
        let words = [gateway, Some(format!("dev {}", self.device)), source];
        words.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    /// The words `ip route` takes for it.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let text = format!("{} {}", self.destination, self.way());
        let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        words.extend(["metric".to_owned(), self.metric.to_string()]);
        words.extend(["table".to_owned(), self.table.to_string()]);
        words
    }
}

/// One entry of `ip -N -d -j route`; what is no way out, such as an address of the host, is left out.
pub(super) fn route(value: &Value, any: IpNet) -> Option<LiveRoute> {
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    if !matches!(text("type"), None | Some("unicast" | "1")) {
        return None;
    }
    let destination = network(text("dst")?, any)?;
    let via = value.get("via").and_then(|via| via.get("host")).and_then(Value::as_str);
    let metric = value.get("metric").and_then(Value::as_u64).and_then(|it| u32::try_from(it).ok());
    Some(LiveRoute {
        destination,
        gateway: text("gateway").or(via).and_then(|gateway| gateway.parse().ok()),
        device: text("dev").unwrap_or_default().to_owned(),
        source: text("prefsrc").and_then(|source| source.parse().ok()),
        metric: metric.unwrap_or_default(),
        table: text("table").map_or(Some(LiveRoute::MAIN), table)?,
    })
}

fn network(text: &str, any: IpNet) -> Option<IpNet> {
    if text == "default" {
        return Some(any);
    }
    text.parse().or_else(|_| text.parse().map(IpAddr::into)).ok()
}

fn table(text: &str) -> Option<u32> {
    match text {
        "main" => Some(LiveRoute::MAIN),
        "default" => Some(253),
        text => text.parse().ok(),
    }
}

/// A route as NetworkManager prints it: network, next hop, metric, then attributes. One
/// without a metric gets that of its connection, and is none of ours.
pub(super) fn profile_route(text: &str, device: &str) -> Option<LiveRoute> {
    let mut words = text.split_whitespace();
    let destination: IpNet = words.next()?.parse().ok()?;
    let (mut gateway, mut source, mut metric, mut table) = (None, None, None, LiveRoute::MAIN);
    for word in words {
        match word.split_once('=') {
            Some(("src", address)) => source = address.parse().ok(),
            Some(("table", number)) => table = number.parse().ok()?,
            Some(_) => {}
            None => match word.parse::<IpAddr>() {
                Ok(address) => gateway = Some(address),
                Err(_) => metric = Some(word.parse().ok()?),
            },
        }
    }
    Some(LiveRoute {
        destination,
        gateway,
        device: device.to_owned(),
        source,
        metric: metric?,
        table,
    })
}
