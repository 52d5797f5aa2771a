//! The state of a running plugin.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use tokio_util::sync::CancellationToken;

use crate::engine::{AnyDataSource, AnyEphemeral, AnyResource};
use crate::schema::SchemaError;
use crate::{Context, Diagnostic, Diagnostics, Provider, Registry};

/// A provider in service.
pub(crate) struct Plugin<P: Provider> {
    pub(crate) provider: P,
    pub(crate) registry: Registry<P>,
    data: RwLock<Option<Arc<P::Data>>>,
    stop: Mutex<CancellationToken>,
}

impl<P: Provider> Plugin<P> {
    pub(crate) fn new(provider: P) -> Result<Self, Vec<SchemaError>> {
        Ok(Self {
            provider,
            registry: Registry::of_provider()?,
            data: RwLock::default(),
            stop: Mutex::default(),
        })
    }

    /// The surroundings of a call that starts now.
    pub(crate) fn context(&self) -> Context<P> {
        let data = self.data.read().unwrap_or_else(PoisonError::into_inner).clone();
        let stop = self.stop.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Context::new(data, stop)
    }

    pub(crate) fn set_data(&self, data: Option<P::Data>) {
        let mut present = self.data.write().unwrap_or_else(PoisonError::into_inner);
        *present = data.map(Arc::new);
    }

    /// Cancels what is in flight. Calls that start later are not affected.
    pub(crate) fn stop(&self) {
        let mut stop = self.stop.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *stop).cancel();
    }

    pub(crate) fn resource(&self, name: &str) -> Result<&dyn AnyResource<P>, Diagnostics> {
        let found = self.registry.resources.get(name);
        found.map(Box::as_ref).ok_or_else(|| missing("resource", name))
    }

    pub(crate) fn data_source(&self, name: &str) -> Result<&dyn AnyDataSource<P>, Diagnostics> {
        let found = self.registry.data_sources.get(name);
        found.map(Box::as_ref).ok_or_else(|| missing("data source", name))
    }

    pub(crate) fn ephemeral(&self, name: &str) -> Result<&dyn AnyEphemeral<P>, Diagnostics> {
        let found = self.registry.ephemerals.get(name);
        found.map(Box::as_ref).ok_or_else(|| missing("ephemeral resource", name))
    }
}

fn missing(what: &str, name: &str) -> Diagnostics {
    Diagnostic::error(format!("the provider has no {what} {name}")).into()
}
