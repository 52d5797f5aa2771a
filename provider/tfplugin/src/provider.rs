//! The provider: its configuration and what it offers.

use std::future::Future;

use crate::{Diagnostics, Model, Registry};

/// A provider.
pub trait Provider: Sized + Send + Sync + 'static {
    /// Its configuration.
    type Config: Model;
    /// What the calls are given by [`crate::Context::data`], for example clients.
    type Data: Send + Sync + std::fmt::Debug + 'static;
    /// For example `kubeadm`: the prefix of all type names.
    const NAME: &'static str;

    /// Checks the configuration, which may hold unknown values.
    fn validate(&self, _config: &Self::Config) -> Diagnostics {
        Diagnostics::new()
    }

    /// Takes the configuration, which may hold unknown values during plan. Must not connect to
    /// anything: that is done when first needed.
    fn configure(
        &self,
        config: Self::Config,
    ) -> impl Future<Output = Result<Configured<Self::Data>, Diagnostics>> + Send;

    /// Names everything the provider offers.
    fn register(registry: &mut Registry<Self>);
}

/// What [`Provider::configure`] came to.
#[derive(Debug)]
pub enum Configured<D> {
    /// All that is needed is known.
    Ready(D),
    /// Something is not known yet: read keeps the state, plan goes by state and configuration.
    Unknown,
}
