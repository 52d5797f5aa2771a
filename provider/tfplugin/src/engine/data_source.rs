//! A data source with its types erased.

use futures::future::BoxFuture;

use super::object::{Object, decode};
use super::{guard, guard_sync};
use crate::plan::{Refill, assert_compatible, propose};
use crate::schema::SchemaError;
use crate::value::Value;
use crate::{Context, DataSource, Diagnostics, Provider};

/// A data source with its types erased. None of the calls panics.
pub(crate) trait AnyDataSource<P: Provider>: Send + Sync {
    fn object(&self) -> &Object;
    fn validate(&self, config: &Value) -> Diagnostics;
    fn read<'a>(
        &'a self,
        context: &'a Context<P>,
        config: Value,
    ) -> BoxFuture<'a, Result<Value, Diagnostics>>;
}

/// A data source and its schema.
pub(crate) struct DataSourceEntry<D> {
    data_source: D,
    object: Object,
}

impl<D: DataSource> DataSourceEntry<D> {
    pub(crate) fn new(data_source: D) -> Result<Self, SchemaError> {
        Ok(Self { data_source, object: Object::of::<D::State>(D::TYPE_NAME, 0)? })
    }

    fn try_validate(&self, config: &Value) -> Result<Diagnostics, Diagnostics> {
        Ok(self.data_source.validate(&decode(config)?))
    }

    async fn try_read(
        &self,
        context: &Context<D::Provider>,
        config: Value,
    ) -> Result<Value, Diagnostics> {
        let wanted = self.object.wanted(&config);
        let found = self.data_source.read(context, decode(&wanted)?);
        self.object.found(&wanted, &found.await?)
    }
}

impl Object {
    /// What data sources and ephemeral resources are asked for: the arguments with defaults, the
    /// rest unknown.
    pub(super) fn wanted(&self, config: &Value) -> Value {
        let attributes = &self.schema.attributes;
        propose(attributes, config, &Value::Null, Refill::Unknown)
    }

    /// What was found, if it is what was asked for and wholly known.
    pub(super) fn found<T>(&self, wanted: &Value, model: &T) -> Result<Value, Diagnostics>
    where
        T: serde::Serialize + serde::de::DeserializeOwned,
    {
        let found = self.encode_changed(wanted, model)?.conform(&self.kind)?;
        assert_compatible(wanted, &found, &self.kind).map_err(super::object::bug)?;
        Ok(found)
    }
}

impl<D: DataSource> AnyDataSource<D::Provider> for DataSourceEntry<D> {
    fn object(&self) -> &Object {
        &self.object
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        guard_sync(|| self.try_validate(config)).unwrap_or_else(|diagnostics| diagnostics)
    }

    fn read<'a>(
        &'a self,
        context: &'a Context<D::Provider>,
        config: Value,
    ) -> BoxFuture<'a, Result<Value, Diagnostics>> {
        Box::pin(guard(self.try_read(context, config)))
    }
}
