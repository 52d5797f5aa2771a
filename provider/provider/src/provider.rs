//! The provider itself: its configuration and what it offers.

use std::fmt;
use std::sync::Arc;

use operate::{Operator, Profiles, TailscaleApi};
use tfplugin::{Configured, Diagnostics, Provider, Registry};

use crate::certificates::CertificatesDataSource;
use crate::clients::Clients;
use crate::cluster_resource::ClusterResource;
use crate::cni::CniResource;
use crate::etcd::EtcdMembersDataSource;
use crate::functions::{CaCertHash, PodCidrCapacity, VersionSkew};
use crate::kubeconfig::KubeconfigEphemeral;
use crate::member::MemberModel;
use crate::membership::MembershipResource;
use crate::node::NodeResource;
use crate::operations::Operations;
use crate::reachability::ReachabilityDataSource;
use crate::route::RouteResource;
use crate::ssh::{self, ProviderModel};
use crate::status::ClusterStatusDataSource;
use crate::tailscale_api::tailscale_api;
use crate::worker::WorkerModel;

/// The provider `kubeadm`.
pub struct Kubeadm {
    connect: Box<Connect>,
}

/// What makes operations of the ways to log in, and of the API that approves routes.
type Connect = dyn Fn(Profiles, Option<TailscaleApi>) -> Arc<dyn Operations> + Send + Sync;

impl Kubeadm {
    /// The provider as core runs it: on real hosts.
    #[must_use]
    pub fn new() -> Self {
        Self::with(|profiles, api| Arc::new(Operator::with_tailscale_api(profiles, api)))
    }

    /// The provider on whatever `connect` gives.
    pub(crate) fn with(
        connect: impl Fn(Profiles, Option<TailscaleApi>) -> Arc<dyn Operations> + Send + Sync + 'static,
    ) -> Self {
        Self { connect: Box::new(connect) }
    }
}

impl Default for Kubeadm {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Kubeadm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Kubeadm")
    }
}

impl Provider for Kubeadm {
    type Config = ProviderModel;
    type Data = Clients;
    const NAME: &'static str = "kubeadm";

    fn validate(&self, config: &ProviderModel) -> Diagnostics {
        ssh::validate(config)
    }

    async fn configure(&self, config: ProviderModel) -> Result<Configured<Clients>, Diagnostics> {
        Ok(match ssh::profiles(&config) {
            Some(profiles) => {
                let api = tailscale_api(&config.tailscale_api);
                Configured::Ready(Clients::new(profiles, |profiles| (self.connect)(profiles, api)))
            }
            None => Configured::Unknown,
        })
    }

    fn register(registry: &mut Registry<Self>) {
        registry.resource(NodeResource);
        registry.resource(ClusterResource);
        registry.resource(MembershipResource::<MemberModel>::new());
        registry.resource(MembershipResource::<WorkerModel>::new());
        registry.resource(CniResource);
        registry.resource(RouteResource);
        registry.data_source(ClusterStatusDataSource);
        registry.data_source(EtcdMembersDataSource);
        registry.data_source(CertificatesDataSource);
        registry.data_source(ReachabilityDataSource);
        registry.ephemeral(KubeconfigEphemeral);
        registry.function(CaCertHash);
        registry.function(PodCidrCapacity);
        registry.function(VersionSkew);
    }
}
