//! A resource under test.

use serde_json::Value as Json;

use super::harness::configuration;
use super::messages::{diagnostics, read, write};
use super::plan::{Action, PlannedChange};
use super::{Failure, UNKNOWN};
use crate::engine::Object;
use crate::plan::{assert_refines, null_write_only};
use crate::proto::tfplugin6 as proto;
use crate::server::Plugin;
use crate::value::Value;
use crate::{Diagnostics, Provider};

/// What core has saved about an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    pub(super) value: Value,
    pub(super) private: Vec<u8>,
    identity: Option<Value>,
}

impl State {
    /// The state as in a state file.
    #[must_use]
    pub fn json(&self) -> Json {
        self.value.to_json()
    }

    /// The private data; null if there is none.
    #[must_use]
    pub fn private(&self) -> Json {
        serde_json::from_slice(&self.private).unwrap_or_default()
    }

    /// The identity; null if there is none.
    #[must_use]
    pub fn identity(&self) -> Json {
        self.identity.as_ref().map(Value::to_json).unwrap_or_default()
    }
}

/// A resource under test.
pub struct ResourceDriver<'a, P: Provider> {
    pub(super) plugin: &'a Plugin<P>,
    pub(super) object: &'a Object,
    pub(super) identity: Option<&'a Object>,
    pub(super) type_name: String,
}

impl<P: Provider> ResourceDriver<'_, P> {
    /// The schema.
    #[must_use]
    pub fn schema(&self) -> &crate::schema::Schema {
        &self.object.schema
    }

    /// Validates a configuration.
    ///
    /// # Errors
    /// When it is not one of this resource.
    pub fn validate(&self, config: &Json) -> Result<Diagnostics, Failure> {
        let config = configuration(self.object, config)?;
        let request = proto::validate_resource_config::Request {
            type_name: self.type_name.clone(),
            config: write(&config, &self.object.kind)?,
            client_capabilities: Some(proto::ClientCapabilities {
                write_only_attributes_allowed: true,
                ..Default::default()
            }),
        };
        let response = self.plugin.validate_resource_rpc(&request);
        Ok(diagnostics(response.diagnostics))
    }

    /// A state from its JSON form, as an old version or an import would leave it.
    ///
    /// # Errors
    /// When it is not one of this resource.
    pub fn state(&self, json: &Json) -> Result<State, Failure> {
        let value = Value::from_configuration(json, &self.object.kind, UNKNOWN);
        Ok(State { value: value.map_err(Diagnostics::from)?, private: Vec::new(), identity: None })
    }

    /// Carries out a plan. `config` is the configuration now that all of it is known: as core
    /// does, the change is planned again with it first.
    ///
    /// # Errors
    /// When the provider fails or breaks the contract.
    pub async fn apply(&self, plan: &PlannedChange, config: &Json) -> Result<State, Failure> {
        let config = configuration(self.object, config)?;
        if let Some(path) = config.first_unknown() {
            return Err(Failure::Contract(format!("{path} is unknown at apply")));
        }
        let last = self.plan_once(&config, plan.prior.as_ref()).await?;
        self.refines(&plan.planned, &last.state, "the plan during apply")?;
        // What was unknown may have turned out to be no change: then core does nothing.
        if let Some(prior) = plan.prior.as_ref().filter(|prior| prior.value == last.state) {
            return Ok(prior.clone());
        }
        let applied = self.apply_rpc(&config, plan.prior.as_ref(), &last.state, &last.private);
        let state = applied.await?;
        let state = state.ok_or_else(|| Failure::Contract("apply left nothing".to_owned()))?;
        if let Some(path) = state.value.first_unknown() {
            return Err(Failure::Contract(format!("{path} is unknown after apply")));
        }
        self.refines(&last.state, &state.value, "the outcome of apply")?;
        self.check_write_only(&state.value)?;
        Ok(state)
    }

    /// A plan may know more than one before it, but nothing else.
    fn refines(&self, planned: &Value, actual: &Value, what: &str) -> Result<(), Failure> {
        let checked = assert_refines(planned, actual, &self.object.kind);
        checked.map_err(|breach| {
            Failure::Contract(format!("{what}: {} {}", breach.path, breach.message))
        })
    }

    fn check_write_only(&self, state: &Value) -> Result<(), Failure> {
        let attributes = &self.object.schema.attributes;
        if null_write_only(attributes, state) == *state {
            return Ok(());
        }
        Err(Failure::Contract("a write-only value was saved".to_owned()))
    }

    async fn apply_rpc(
        &self,
        config: &Value,
        prior: Option<&State>,
        planned: &Value,
        private: &[u8],
    ) -> Result<Option<State>, Failure> {
        let kind = &self.object.kind;
        let null = Value::Null;
        let request = proto::apply_resource_change::Request {
            type_name: self.type_name.clone(),
            prior_state: write(prior.map_or(&null, |prior| &prior.value), kind)?,
            planned_state: write(planned, kind)?,
            config: write(config, kind)?,
            planned_private: private.to_vec(),
            ..Default::default()
        };
        let response = self.plugin.apply_rpc(request).await;
        let value = read(response.new_state, kind)?;
        let saved = self.saved(value, response.private, response.new_identity)?;
        answered(response.diagnostics, saved)
    }

    pub(super) fn saved(
        &self,
        value: Value,
        private: Vec<u8>,
        identity: Option<proto::ResourceIdentityData>,
    ) -> Result<Option<State>, Failure> {
        if value.is_null() {
            return Ok(None);
        }
        let data = identity.and_then(|identity| identity.identity_data);
        let identity = match self.identity {
            Some(object) if data.is_some() => Some(read(data, &object.kind)?),
            _ => None,
        };
        Ok(Some(State { value, private, identity }))
    }

    /// Reads the object; `None` if it is gone.
    ///
    /// # Errors
    /// When the provider fails.
    pub async fn refresh(&self, state: &State) -> Result<Option<State>, Failure> {
        let kind = &self.object.kind;
        let request = proto::read_resource::Request {
            type_name: self.type_name.clone(),
            current_state: write(&state.value, kind)?,
            private: state.private.clone(),
            ..Default::default()
        };
        let response = self.plugin.read_rpc(request).await;
        let value = read(response.new_state, kind)?;
        if let Some(path) = value.first_unknown() {
            return Err(Failure::Contract(format!("{path} is unknown after read")));
        }
        self.check_write_only(&value)?;
        let saved = self.saved(value, response.private, response.new_identity)?;
        answered(response.diagnostics, saved)
    }

    /// Plans, applies and reads; then the next plan must be empty and the read change nothing.
    /// A replacement is carried out as core does: removal first.
    ///
    /// # Errors
    /// When the provider fails or breaks the contract.
    pub async fn converge(&self, config: &Json, prior: Option<&State>) -> Result<State, Failure> {
        let plan = self.plan(config, prior).await?;
        if let (Action::Replace, Some(prior)) = (plan.action, prior) {
            self.destroy(prior).await?;
        }
        let applied = match (plan.action, prior) {
            (Action::NoOp, Some(prior)) => prior.clone(),
            _ => self.apply(&plan, config).await?,
        };
        let found = self.refresh(&applied).await?;
        let found = found.ok_or_else(|| Failure::Contract("gone after apply".to_owned()))?;
        if found.value != applied.value {
            return Err(Failure::Contract(format!(
                "read differs from apply: {} and {}",
                found.json(),
                applied.json()
            )));
        }
        let second = self.plan(config, Some(&found)).await?;
        if second.action != Action::NoOp {
            return Err(Failure::Contract(format!(
                "the second plan is not empty: {:?} from {} to {}",
                second.action,
                found.json(),
                second.json()
            )));
        }
        Ok(found)
    }

    /// Plans and carries out the removal.
    ///
    /// # Errors
    /// When the provider fails or leaves something.
    pub async fn destroy(&self, state: &State) -> Result<(), Failure> {
        let plan = self.plan_destroy(state).await?;
        let applied = self.apply_rpc(&Value::Null, Some(state), &Value::Null, &plan.private);
        match applied.await? {
            None => Ok(()),
            Some(_) => Err(Failure::Contract("the removal left something".to_owned())),
        }
    }

    /// Imports by id, without the read that follows.
    ///
    /// # Errors
    /// When the provider refuses.
    pub async fn import_id(&self, id: &str) -> Result<State, Failure> {
        let request = proto::import_resource_state::Request {
            type_name: self.type_name.clone(),
            id: id.to_owned(),
            ..Default::default()
        };
        self.import(request).await
    }

    /// Imports by identity, without the read that follows.
    ///
    /// # Errors
    /// When the provider refuses or has no identity.
    pub async fn import_identity(&self, identity: &Json) -> Result<State, Failure> {
        let no_identity = || Failure::Contract("there is no identity".to_owned());
        let object = self.identity.ok_or_else(no_identity)?;
        let identity = configuration(object, identity)?;
        let request = proto::import_resource_state::Request {
            type_name: self.type_name.clone(),
            identity: Some(proto::ResourceIdentityData {
                identity_data: write(&identity, &object.kind)?,
            }),
            ..Default::default()
        };
        self.import(request).await
    }

    async fn import(
        &self,
        request: proto::import_resource_state::Request,
    ) -> Result<State, Failure> {
        let response = self.plugin.import_rpc(request).await;
        diagnostics(response.diagnostics).into_result()?;
        let mut imported = response.imported_resources.into_iter();
        let (Some(object), None) = (imported.next(), imported.next()) else {
            return Err(Failure::Contract("an import must give one object".to_owned()));
        };
        let value = read(object.state, &self.object.kind)?;
        self.check_write_only(&value)?;
        let saved = self.saved(value, object.private, object.identity)?;
        saved.ok_or_else(|| Failure::Contract("an import gave nothing".to_owned()))
    }
}

fn answered(
    messages: Vec<proto::Diagnostic>,
    saved: Option<State>,
) -> Result<Option<State>, Failure> {
    match diagnostics(messages).into_result() {
        Ok(_) => Ok(saved),
        Err(diagnostics) => Err(Failure::Provider { diagnostics, saved: saved.map(Box::new) }),
    }
}
