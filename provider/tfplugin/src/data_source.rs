//! Data sources.

use std::future::Future;

use crate::{Context, Diagnostics, Model, Provider};

/// Something that is looked up and never changed.
pub trait DataSource: Send + Sync + 'static {
    /// The provider it belongs to.
    type Provider: Provider;
    /// Arguments and results in one model.
    type State: Model;
    /// For example `kubeadm_cluster_status`.
    const TYPE_NAME: &'static str;

    /// Checks the configuration, which may hold unknown values. Called several times.
    fn validate(&self, _config: &Self::State) -> Diagnostics {
        Diagnostics::new()
    }

    /// Fills the computed attributes. The arguments are wholly known.
    fn read(
        &self,
        context: &Context<Self::Provider>,
        config: Self::State,
    ) -> impl Future<Output = Result<Self::State, Diagnostics>> + Send;
}
