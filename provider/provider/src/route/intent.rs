//! From the model of routes to their draft and intent.

use cluster::Finding;
use cluster::checks::{
    Planned, RoutesDraft, StaticRouteDraft, check_routes, networks, node_reference, static_route,
};
use cluster::intent::Networking;
use cluster::route::{self, RouteIntent};
use serde_json::Value;
use tfplugin::Tf;

use super::model::{Peer, RouteCluster, RouteModel, RpFilter, StaticRoute};
use crate::clients::Ports;
use crate::model::{Whole as _, planned};

impl RouteModel {
    /// What is known of the routes.
    pub(super) fn draft(&self) -> RoutesDraft {
        let routes = self.static_routes.known().into_iter().flatten();
        let forward = self.forward.as_ref();
        let between = match forward {
            Tf::Null => Planned::Absent,
            Tf::Unknown => Planned::Unknown,
            Tf::Known(forward) => {
                planned(&forward.between.as_ref().map(|all| all.iter().map(planned).collect()))
            }
        };
        RoutesDraft {
            static_routes: routes.map(StaticRoute::draft).collect(),
            between,
            destinations: self.destinations(),
            // Whoever has none is described by hand.
            is_node: self.node.known().is_some_and(|node| !node.machine_id.is_null()),
            ip_forward: planned(&self.ip_forward),
            accept_routes: self
                .tailscale
                .known()
                .map_or(Planned::Absent, |it| planned(&it.accept_routes)),
            serves_endpoint: self.serves_endpoint(),
            ..self.cluster.known().map(RouteCluster::ranges).unwrap_or_default()
        }
    }

    /// The intent.
    ///
    /// # Errors
    /// What is wrong, or still unknown.
    pub(super) fn intent(&self, ports: &Ports) -> Result<RouteIntent, Vec<Finding>> {
        let draft = self.draft();
        let found: Vec<Finding> =
            check_routes(&draft).into_iter().filter(Finding::is_error).collect();
        if !found.is_empty() {
            return Err(found);
        }
        let node = self.node.known().cloned().unwrap_or_default();
        let node =
            node_reference(&node.draft(ports)).map_err(|finding| vec![finding.below(["node"])])?;
        let one = |finding| vec![finding];
        let routes = draft.static_routes.iter().filter_map(|draft| static_route(draft).transpose());
        let filters = self.rp_filter.known().into_iter().flatten();
        let filters =
            filters.filter_map(|(device, it)| Some((device.clone(), it.known()?.intent())));
        Ok(RouteIntent {
            node,
            static_routes: routes.collect::<Result<_, _>>().map_err(one)?,
            rp_filter: filters.collect(),
            ip_forward: self.ip_forward.known().copied(),
            accept_routes: self.tailscale.known().and_then(|it| it.accept_routes.known().copied()),
            between: networks(&draft).map_err(one)?.unwrap_or_default(),
            declaration: self.declaration(),
        })
    }

    /// Whether the arguments that say what is kept are the same, and known.
    pub(super) fn keeps_same(&self, other: &Self) -> bool {
        let whole = self.static_routes.is_whole()
            && self.rp_filter.is_whole()
            && self.ip_forward.is_whole()
            && self.forward.is_whole()
            && self.tailscale.is_whole();
        whole && self.kept() == other.kept()
    }

    /// The arguments as they are kept on the host, for an import on another day.
    fn declaration(&self) -> Option<Value> {
        serde_json::to_value(self.kept()).ok()
    }

    /// The arguments that say what is kept.
    fn kept(&self) -> Self {
        Self {
            static_routes: self.static_routes.clone(),
            rp_filter: self.rp_filter.clone(),
            ip_forward: self.ip_forward,
            forward: self.forward.clone(),
            tailscale: self.tailscale.clone(),
            ..Self::default()
        }
    }

    /// Whether the host is of the control plane of a cluster with an endpoint in the tailnet.
    fn serves_endpoint(&self) -> Planned<bool> {
        let Tf::Known(cluster) = &self.cluster else { return Planned::Unknown };
        let (Some(endpoint), Some(hosts)) =
            (cluster.endpoint.known(), cluster.control_plane_nodes.known())
        else {
            return Planned::Unknown;
        };
        let own = self.node.known().map(|node| &node.address);
        let is_own = |peer: &Peer| peer.address.is_known() && own == Some(&peer.address);
        Planned::Known(endpoint.tailscale.is_known() && hosts.iter().any(is_own))
    }

    /// Nothing is concluded as long as one of them is unknown.
    fn destinations(&self) -> Planned<Vec<String>> {
        let cluster = self.cluster.known().cloned().unwrap_or_default();
        let endpoint = cluster.endpoint.known().map_or(&Tf::Null, |endpoint| &endpoint.host);
        let lists = [&self.peers, &cluster.control_plane_nodes];
        let unknown = self.cluster.is_unknown()
            || cluster.endpoint.is_unknown()
            || lists.iter().any(|list| list.is_unknown());
        let peers = lists.into_iter().filter_map(Tf::known).flatten();
        let peers = peers.flat_map(|Peer { address, node_ip }| [address, node_ip]);
        let all: Vec<&Tf<String>> = peers.chain([endpoint]).collect();
        if unknown || all.iter().any(|text| text.is_unknown()) {
            return Planned::Unknown;
        }
        Planned::Known(all.into_iter().filter_map(|text| text.known().cloned()).collect())
    }
}

impl RouteCluster {
    fn ranges(&self) -> RoutesDraft {
        let networking = self.networking.known().cloned().unwrap_or_default();
        let services = match planned(&networking.service_subnet) {
            Planned::Absent => Planned::Known(Networking::DEFAULT_SERVICE_SUBNET.to_owned()),
            given => given,
        };
        RoutesDraft {
            pod_subnet: planned(&networking.pod_subnet),
            service_subnet: services,
            ..RoutesDraft::default()
        }
    }
}

impl StaticRoute {
    fn draft(&self) -> StaticRouteDraft {
        StaticRouteDraft {
            to: planned(&self.to),
            via: planned(&self.via),
            device: planned(&self.device),
            source: planned(&self.source),
            metric: planned(&self.metric),
            table: planned(&self.table),
        }
    }
}

impl RpFilter {
    fn intent(self) -> route::RpFilter {
        match self {
            Self::Off => route::RpFilter::Off,
            Self::Strict => route::RpFilter::Strict,
            Self::Loose => route::RpFilter::Loose,
        }
    }
}
