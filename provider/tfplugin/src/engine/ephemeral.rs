//! An ephemeral resource with its types erased.

use std::time::SystemTime;

use futures::future::BoxFuture;

use super::object::{Object, decode, private_bytes, private_from};
use super::{guard, guard_sync};
use crate::schema::SchemaError;
use crate::value::Value;
use crate::{Context, Diagnostics, Ephemeral, Provider};

/// A value that was opened.
#[derive(Clone, Debug)]
pub(crate) struct OpenedValue {
    pub(crate) state: Value,
    pub(crate) private: Vec<u8>,
    pub(crate) renew_at: Option<SystemTime>,
}

/// A value that was renewed.
#[derive(Clone, Debug)]
pub(crate) struct RenewedValue {
    pub(crate) private: Vec<u8>,
    pub(crate) renew_at: Option<SystemTime>,
}

/// An ephemeral resource with its types erased. None of the calls panics.
pub(crate) trait AnyEphemeral<P: Provider>: Send + Sync {
    fn object(&self) -> &Object;
    fn validate(&self, config: &Value) -> Diagnostics;
    fn open<'a>(
        &'a self,
        context: &'a Context<P>,
        config: Value,
    ) -> BoxFuture<'a, Result<OpenedValue, Diagnostics>>;
    fn renew<'a>(
        &'a self,
        context: &'a Context<P>,
        private: Vec<u8>,
    ) -> BoxFuture<'a, Result<RenewedValue, Diagnostics>>;
    fn close<'a>(
        &'a self,
        context: &'a Context<P>,
        private: Vec<u8>,
    ) -> BoxFuture<'a, Result<(), Diagnostics>>;
}

/// An ephemeral resource and its schema.
pub(crate) struct EphemeralEntry<E> {
    ephemeral: E,
    object: Object,
}

impl<E: Ephemeral> EphemeralEntry<E> {
    pub(crate) fn new(ephemeral: E) -> Result<Self, SchemaError> {
        Ok(Self { ephemeral, object: Object::of::<E::State>(E::TYPE_NAME, 0)? })
    }

    fn try_validate(&self, config: &Value) -> Result<Diagnostics, Diagnostics> {
        Ok(self.ephemeral.validate(&decode(config)?))
    }

    async fn try_open(
        &self,
        context: &Context<E::Provider>,
        config: Value,
    ) -> Result<OpenedValue, Diagnostics> {
        let wanted = self.object.wanted(&config);
        let opened = self.ephemeral.open(context, decode(&wanted)?);
        let opened = opened.await?;
        Ok(OpenedValue {
            state: self.object.found(&wanted, &opened.state)?,
            private: private_bytes(&opened.private)?,
            renew_at: opened.renew_at,
        })
    }

    async fn try_renew(
        &self,
        context: &Context<E::Provider>,
        private: Vec<u8>,
    ) -> Result<RenewedValue, Diagnostics> {
        let renewed = self.ephemeral.renew(context, private_from(&private)?);
        let renewed = renewed.await?;
        Ok(RenewedValue { private: private_bytes(&renewed.private)?, renew_at: renewed.renew_at })
    }

    async fn try_close(
        &self,
        context: &Context<E::Provider>,
        private: Vec<u8>,
    ) -> Result<(), Diagnostics> {
        self.ephemeral.close(context, private_from(&private)?).await
    }
}

impl<E: Ephemeral> AnyEphemeral<E::Provider> for EphemeralEntry<E> {
    fn object(&self) -> &Object {
        &self.object
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        guard_sync(|| self.try_validate(config)).unwrap_or_else(|diagnostics| diagnostics)
    }

    fn open<'a>(
        &'a self,
        context: &'a Context<E::Provider>,
        config: Value,
    ) -> BoxFuture<'a, Result<OpenedValue, Diagnostics>> {
        Box::pin(guard(self.try_open(context, config)))
    }

    fn renew<'a>(
        &'a self,
        context: &'a Context<E::Provider>,
        private: Vec<u8>,
    ) -> BoxFuture<'a, Result<RenewedValue, Diagnostics>> {
        Box::pin(guard(self.try_renew(context, private)))
    }

    fn close<'a>(
        &'a self,
        context: &'a Context<E::Provider>,
        private: Vec<u8>,
    ) -> BoxFuture<'a, Result<(), Diagnostics>> {
        Box::pin(guard(self.try_close(context, private)))
    }
}
