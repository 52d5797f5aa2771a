//! The provider itself: its configuration and what it offers.

use std::fmt;
use std::sync::Arc;

use operate::{Operator, Profiles};
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
use crate::worker::WorkerModel;

/// The provider `kubeadm`.
pub struct Kubeadm {
    connect: Box<dyn Fn(Profiles) -> Arc<dyn Operations> + Send + Sync>,
}

impl Kubeadm {
    /// The provider as core runs it: on real hosts.
    #[must_use]
    pub fn new() -> Self {
        Self::with(|profiles| Arc::new(Operator::new(profiles)))
    }

    /// The provider on whatever `connect` gives.
    pub(crate) fn with(
        connect: impl Fn(Profiles) -> Arc<dyn Operations> + Send + Sync + 'static,
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
            Some(profiles) => Configured::Ready(Clients::new(profiles, &self.connect)),
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
