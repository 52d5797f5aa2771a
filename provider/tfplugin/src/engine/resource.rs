//! A resource with its types erased.

use std::any::TypeId;

use futures::future::BoxFuture;

use super::object::{Object, decode};
use super::{apply, change, guard_sync, import, read, upgrade};
use crate::schema::SchemaError;
use crate::value::Value;
use crate::{Context, Diagnostics, MoveRequest, NoIdentity, Path, Provider, Resource};

/// A change to plan.
#[derive(Clone, Debug)]
pub(crate) struct PlanInput {
    pub(crate) config: Value,
    pub(crate) prior: Value,
    pub(crate) proposed: Value,
    pub(crate) private: Vec<u8>,
}

/// What a change comes to.
#[derive(Clone, Debug)]
pub(crate) struct PlanOutput {
    pub(crate) state: Value,
    pub(crate) requires_replace: Vec<Path>,
    pub(crate) private: Vec<u8>,
    pub(crate) identity: Option<Value>,
    pub(crate) diagnostics: Diagnostics,
}

/// A change to carry out.
#[derive(Clone, Debug)]
pub(crate) struct ApplyInput {
    pub(crate) config: Value,
    pub(crate) prior: Value,
    pub(crate) planned: Value,
    pub(crate) private: Vec<u8>,
}

/// What an import names.
#[derive(Clone, Debug)]
pub(crate) enum ImportInput {
    Id(String),
    Identity(Value),
}

/// What is to be saved after a call, whether it failed or not.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) state: Value,
    pub(crate) private: Vec<u8>,
    pub(crate) identity: Option<Value>,
    pub(crate) diagnostics: Diagnostics,
}

/// A resource with its types erased. None of the calls panics.
pub(crate) trait AnyResource<P: Provider>: Send + Sync {
    fn object(&self) -> &Object;
    fn identity(&self) -> Option<&Object>;
    fn validate(&self, config: &Value) -> Diagnostics;
    fn plan<'a>(&'a self, context: &'a Context<P>, input: PlanInput) -> BoxFuture<'a, PlanOutput>;
    fn apply<'a>(&'a self, context: &'a Context<P>, input: ApplyInput) -> BoxFuture<'a, Outcome>;
    fn read<'a>(
        &'a self,
        context: &'a Context<P>,
        state: Value,
        private: Vec<u8>,
    ) -> BoxFuture<'a, Outcome>;
    fn import<'a>(&'a self, context: &'a Context<P>, input: ImportInput) -> BoxFuture<'a, Outcome>;
    fn upgrade(&self, version: i64, state: serde_json::Value) -> Result<Value, Diagnostics>;
    fn upgrade_identity(
        &self,
        version: i64,
        identity: &serde_json::Value,
    ) -> Result<Value, Diagnostics>;
    fn move_from(&self, request: MoveRequest) -> Result<Outcome, Diagnostics>;
    fn configuration_of(&self, state: &Value) -> Value;
}

/// A resource and its schemas.
pub(crate) struct ResourceEntry<R> {
    pub(super) resource: R,
    pub(super) object: Object,
    pub(super) identity: Option<Object>,
}

impl<R: Resource> ResourceEntry<R> {
    pub(crate) fn new(resource: R) -> Result<Self, SchemaError> {
        let has_identity = TypeId::of::<R::Identity>() != TypeId::of::<NoIdentity>();
        let identity = || Object::of::<R::Identity>(R::TYPE_NAME, R::IDENTITY_VERSION);
        Ok(Self {
            resource,
            object: Object::of::<R::State>(R::TYPE_NAME, R::VERSION)?,
            identity: has_identity.then(identity).transpose()?,
        })
    }

    /// The identity of an object, as far as it can be told.
    pub(super) fn identity_of(&self, state: &Value) -> Result<Option<Value>, Diagnostics> {
        let Some(identity) = self.identity.as_ref().filter(|_| !state.is_null()) else {
            return Ok(None);
        };
        let found = R::identity(&decode(state)?);
        let found = found.map(|found| identity.encode(&found)).transpose()?;
        Ok(found.filter(|found| is_complete(identity, found)))
    }

    fn try_validate(&self, config: &Value) -> Result<Diagnostics, Diagnostics> {
        Ok(self.resource.validate(&decode(config)?))
    }
}

/// Core takes no identity with a hole in it.
fn is_complete(identity: &Object, found: &Value) -> bool {
    let mut required = identity.schema.attributes.iter().filter(|one| one.is_required());
    found.is_wholly_known() && required.all(|one| !found.field(&one.name).is_null())
}

impl<R: Resource> AnyResource<R::Provider> for ResourceEntry<R> {
    fn object(&self) -> &Object {
        &self.object
    }

    fn identity(&self) -> Option<&Object> {
        self.identity.as_ref()
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        guard_sync(|| self.try_validate(config)).unwrap_or_else(|diagnostics| diagnostics)
    }

    fn plan<'a>(
        &'a self,
        context: &'a Context<R::Provider>,
        input: PlanInput,
    ) -> BoxFuture<'a, PlanOutput> {
        Box::pin(change::plan(self, context, input))
    }

    fn apply<'a>(
        &'a self,
        context: &'a Context<R::Provider>,
        input: ApplyInput,
    ) -> BoxFuture<'a, Outcome> {
        Box::pin(apply::apply(self, context, input))
    }

    fn read<'a>(
        &'a self,
        context: &'a Context<R::Provider>,
        state: Value,
        private: Vec<u8>,
    ) -> BoxFuture<'a, Outcome> {
        Box::pin(read::read(self, context, state, private))
    }

    fn import<'a>(
        &'a self,
        context: &'a Context<R::Provider>,
        input: ImportInput,
    ) -> BoxFuture<'a, Outcome> {
        Box::pin(import::import(self, context, input))
    }

    fn upgrade(&self, version: i64, state: serde_json::Value) -> Result<Value, Diagnostics> {
        guard_sync(|| upgrade::upgrade(self, version, state))
    }

    fn upgrade_identity(
        &self,
        version: i64,
        identity: &serde_json::Value,
    ) -> Result<Value, Diagnostics> {
        upgrade::upgrade_identity(self, version, identity)
    }

    fn move_from(&self, request: MoveRequest) -> Result<Outcome, Diagnostics> {
        guard_sync(|| upgrade::move_from(self, request))
    }

    fn configuration_of(&self, state: &Value) -> Value {
        import::configuration_of(&self.object.schema.attributes, state)
    }
}
