//! What one host's routes should be.

use crate::intent::NodeReference;
use ipnet::IpNet;
use serde::Serialize;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// What one host's routes should be, and what it lets pass.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RouteIntent {
    /// The host.
    pub node: NodeReference,
    /// Routes that are kept.
    pub static_routes: Vec<StaticRoute>,
    /// How strictly packets' source addresses are checked, by interface; `all` is every interface's
    /// least.
    pub rp_filter: BTreeMap<String, RpFilter>,
    /// Whether packets of others are passed on; none leaves it as it is.
    pub ip_forward: Option<bool>,
    /// Whether Tailscale's client takes the routes of others; none leaves it as it is.
    pub accept_routes: Option<bool>,
    /// Networks whose hosts talk to each other through this one.
    pub between: Vec<IpNet>,
    /// Arguments of the resource, for its import.
    pub declaration: Option<serde_json::Value>,
}

/// A route that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StaticRoute {
    /// Where to.
    pub to: IpNet,
    /// Next hop; none where the device leads there.
    pub via: Option<IpAddr>,
    /// Interface; none takes the one that the next hop is on.
    pub device: Option<String>,
    /// Source address of packets that the host itself sends there.
    pub source: Option<IpAddr>,
    /// Of two routes to one network the one with less is taken; none is the kernel's default.
    pub metric: Option<u32>,
    /// Number of the routing table; none is the main one.
    pub table: Option<u32>,
}

/// How strictly a packet's source address is checked against the way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RpFilter {
    /// Not at all.
    Off,
    /// The way back must lead by the same interface.
    Strict,
    /// There must be some way back.
    Loose,
}

impl RpFilter {
    /// As the kernel writes it.
    #[must_use]
    pub fn value(self) -> u8 {
        match self {
            Self::Off => 0,
            Self::Strict => 1,
            Self::Loose => 2,
        }
    }
}

impl RouteIntent {
    /// Whether packets of others are passed on: networks that talk through the host need it.
    #[must_use]
    pub fn forwards(&self) -> Option<bool> {
        self.ip_forward.or((!self.between.is_empty()).then_some(true))
    }
}
