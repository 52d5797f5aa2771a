//! What a host is in a tailnet: looked at where Tailscale's client is installed.

use super::{Fact, Sections};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// A host's part of a tailnet, by its client's status and preferences (Tailscale 1.102:
/// `tailscale status --json`, `tailscale debug prefs`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tailnet {
    /// The client's state: `Running` once the host is in the tailnet.
    pub state: String,
    /// The host's id at its control server.
    pub id: String,
    /// The control server.
    pub control_url: String,
    /// The host's own addresses in the tailnet.
    pub addresses: Vec<IpAddr>,
    /// Whether it takes the routes that others advertise.
    pub accepts_routes: bool,
    /// Routes that it advertises.
    pub advertised: Vec<IpNet>,
    /// What others may send to it: its own addresses, and routes that were approved. Headscale leaves out
    /// those that another host serves at the moment.
    pub allowed: Vec<IpNet>,
    /// Routes that it serves at the moment.
    pub serves: Vec<IpNet>,
}

/// The client's state of a host that is in its tailnet.
const RUNNING: &str = "Running";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Status {
    backend_state: String,
    #[serde(rename = "Self")]
    own: Option<Peer>,
}

/// Another host in the tailnet, or the host itself.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Peer {
    #[serde(rename = "ID", default)]
    id: String,
    #[serde(rename = "TailscaleIPs", default)]
    addresses: Option<Vec<IpAddr>>,
    #[serde(rename = "AllowedIPs", default)]
    allowed: Option<Vec<IpNet>>,
    #[serde(default)]
    primary_routes: Option<Vec<IpNet>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Preferences {
    #[serde(rename = "ControlURL", default)]
    control_url: String,
    route_all: bool,
    advertise_routes: Option<Vec<IpNet>>,
}

impl Tailnet {
    /// The control server of Tailscale's own service, by both of its names; a client without one takes it.
    const TAILSCALE: [&str; 3] =
        ["https://controlplane.tailscale.com", "https://login.tailscale.com", ""];

    /// Whether the host is enrolled at Tailscale's own control server.
    #[must_use]
    pub fn is_tailscales(&self) -> bool {
        Self::TAILSCALE.contains(&self.control_url.trim_end_matches('/'))
    }

    pub(super) fn parse(sections: &Sections) -> Fact<Self> {
        let preferences = sections.text("tailscale_preferences");
        let status = sections.text("tailscale_status");
        preferences.and_then(|preferences| {
            status.and_then(|status| Fact::understood(Self::read(&preferences, &status)))
        })
    }

    fn read(preferences: &str, status: &str) -> Result<Self, serde_json::Error> {
        let Preferences { control_url, route_all, advertise_routes } =
            serde_json::from_str(preferences)?;
        let Status { backend_state, own } = serde_json::from_str(status)?;
        let found = Self {
            state: backend_state,
            control_url,
            accepts_routes: route_all,
            advertised: advertise_routes.unwrap_or_default(),
            ..Self::default()
        };
        Ok(match own {
            None => found,
            Some(Peer { id, addresses, allowed, primary_routes }) => Self {
                id,
                addresses: addresses.unwrap_or_default(),
                allowed: allowed.unwrap_or_default(),
                serves: primary_routes.unwrap_or_default(),
                ..found
            },
        })
    }

    /// Whether the host is in the tailnet.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.state == RUNNING
    }
}

/// Routes that a client advertises but this one, by what `tailscale debug prefs` prints, as it takes them: those of an
/// exit node are a preference of their own. None where that cannot be understood.
#[must_use]
pub fn other_routes(route: &IpNet, printed: &str) -> Option<Vec<IpNet>> {
    let preferences: Preferences = serde_json::from_str(printed).ok()?;
    let advertised = preferences.advertise_routes.unwrap_or_default();
    Some(advertised.into_iter().filter(|one| one != route && one.prefix_len() > 0).collect())
}

/// Who else serves a route, by what `tailscale status --json` prints of all peers: the addresses of each. None where
/// the host that was asked is in no tailnet, and knows of nobody.
#[must_use]
pub fn others_that_serve(route: &IpNet, printed: &str) -> Option<Vec<Vec<IpAddr>>> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Peers {
        backend_state: String,
        peer: Option<std::collections::BTreeMap<String, Peer>>,
    }
    let all: Peers = serde_json::from_str(printed).ok()?;
    let peers = all.peer.into_iter().flatten().map(|(_, peer)| peer);
    let serves =
        |peer: &Peer| peer.primary_routes.as_ref().is_some_and(|routes| routes.contains(route));
    let serving = peers.filter(serves).map(|peer| peer.addresses.unwrap_or_default());
    (all.backend_state == RUNNING).then(|| serving.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PREFERENCES: &str = r#"{"ControlURL": "https://headscale.example", "RouteAll": true,
        "AdvertiseRoutes": ["10.200.0.1/32", "192.168.7.0/24"], "Config": null}"#;
    const STATUS: &str = r#"{"Version": "1.102.5", "BackendState": "Running",
        "Self": {"ID": "7", "TailscaleIPs": ["100.64.0.1", "fd7a:115c:a1e0::1"],
            "AllowedIPs": ["10.200.0.1/32", "100.64.0.1/32"], "PrimaryRoutes": ["10.200.0.1/32"]},
        "Peer": {"nodekey:a": {"ID": "8", "TailscaleIPs": ["100.64.0.2"], "AllowedIPs": ["100.64.0.2/32"],
            "PrimaryRoutes": ["192.168.8.0/24"]}}}"#;

    fn found(preferences: &str, status: &str) -> Fact<Tailnet> {
        let section = |key: &str, value: &str| format!("@{key} 0 {}\n{value}\n", value.len());
        let output = section("tailscale_preferences", preferences)
            + &section("tailscale_status", status)
            + "@end 0 0\n\n";
        Tailnet::parse(&Sections::parse(output.as_bytes()))
    }

    #[test]
    fn a_hosts_part_of_a_tailnet_is_read() {
        let tailnet = found(PREFERENCES, STATUS).known().cloned().unwrap();
        assert!(tailnet.is_running() && tailnet.accepts_routes);
        assert_eq!((tailnet.id.as_str(), tailnet.addresses.len()), ("7", 2));
        let endpoint: IpNet = "10.200.0.1/32".parse().unwrap();
        assert!(tailnet.advertised.contains(&endpoint) && tailnet.allowed.contains(&endpoint));
        assert_eq!(tailnet.serves, [endpoint]);
        let others: Vec<String> =
            other_routes(&endpoint, PREFERENCES).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(others, ["192.168.7.0/24"]);
        assert_eq!(other_routes(&endpoint, "no preferences"), None);
    }

    /// As a client prints that has never been logged in.
    #[test]
    fn a_client_that_is_in_no_tailnet_is_told_apart() {
        let preferences = r#"{"ControlURL": "", "RouteAll": false, "AdvertiseRoutes": null}"#;
        let status = r#"{"BackendState": "NeedsLogin", "Self": {"ID": "", "TailscaleIPs": null}, "Peer": null}"#;
        let tailnet = found(preferences, status).known().cloned().unwrap();
        assert_eq!(tailnet, Tailnet { state: "NeedsLogin".to_owned(), ..Tailnet::default() });
        assert!(!tailnet.is_running());
        assert!(found("no preferences", status).is_unreadable());
    }

    #[test]
    fn who_else_serves_a_route_is_found() {
        let others = |route: &str| others_that_serve(&route.parse().unwrap(), STATUS).unwrap();
        assert_eq!(others("192.168.8.0/24"), [["100.64.0.2".parse::<IpAddr>().unwrap()]]);
        assert!(others("10.200.0.1/32").is_empty(), "the host itself is no other");
        let stopped = STATUS.replace("Running", "Stopped");
        for printed in ["", stopped.as_str()] {
            assert_eq!(others_that_serve(&"192.168.8.0/24".parse().unwrap(), printed), None);
        }
    }
}
