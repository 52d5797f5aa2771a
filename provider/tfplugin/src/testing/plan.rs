//! Planning as core does it: with the replacement round, and twice.

use serde_json::Value as Json;

use super::Failure;
use super::harness::configuration;
use super::messages::{diagnostics, path, read, write};
use super::proposed::proposed;
use super::resource::{ResourceDriver, State};
use crate::plan::assert_plan_valid;
use crate::proto::tfplugin6 as proto;
use crate::value::Value;
use crate::{Diagnostics, Path, Provider};

/// What a plan comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing is to be done.
    NoOp,
    /// A new object.
    Create,
    /// The object is changed.
    Update,
    /// The object is removed and made anew.
    Replace,
    /// The object is removed.
    Delete,
}

/// A plan.
#[derive(Clone, Debug)]
pub struct PlannedChange {
    /// What it comes to.
    pub action: Action,
    /// The attributes that make it a replacement.
    pub replaces: Vec<Path>,
    /// Warnings of the provider.
    pub warnings: Diagnostics,
    pub(super) prior: Option<State>,
    pub(super) planned: Value,
    pub(super) private: Vec<u8>,
}

impl PlannedChange {
    /// The planned state; what is unknown is null here, see [`PlannedChange::is_unknown`].
    #[must_use]
    pub fn json(&self) -> Json {
        self.planned.to_json()
    }

    /// Whether the plan leaves this top-level attribute unknown, or something within.
    #[must_use]
    pub fn is_unknown(&self, attribute: &str) -> bool {
        !self.planned.field(attribute).is_wholly_known()
    }
}

pub(super) struct Planned {
    pub(super) state: Value,
    pub(super) private: Vec<u8>,
    pub(super) replaces: Vec<Path>,
    pub(super) warnings: Diagnostics,
}

impl<P: Provider> ResourceDriver<'_, P> {
    /// Plans as core does, and again to see that the plan is the same.
    ///
    /// # Errors
    /// When the provider refuses or breaks the contract.
    pub async fn plan(
        &self,
        config: &Json,
        prior: Option<&State>,
    ) -> Result<PlannedChange, Failure> {
        self.validate(config)?.into_result()?;
        let config = configuration(self.object, config)?;
        let first = self.plan_once(&config, prior).await?;
        let replaces = really_changed(&first, prior);
        let is_new = !replaces.is_empty();
        let planned = if is_new { self.plan_once(&config, None).await? } else { first };
        let action = match prior {
            None => Action::Create,
            Some(_) if is_new => Action::Replace,
            Some(prior) if prior.value == planned.state => Action::NoOp,
            Some(_) => Action::Update,
        };
        Ok(PlannedChange {
            action,
            replaces,
            warnings: planned.warnings,
            prior: prior.filter(|_| !is_new).cloned(),
            planned: planned.state,
            private: planned.private,
        })
    }

    pub(super) async fn plan_once(
        &self,
        config: &Value,
        prior: Option<&State>,
    ) -> Result<Planned, Failure> {
        let planned = self.plan_rpc(config, prior).await?;
        let again = self.plan_rpc(config, prior).await?;
        if again.state != planned.state || again.private != planned.private {
            return Err(Failure::Contract(format!(
                "the repeated plan differs: {:?}, then {:?}",
                planned.state, again.state
            )));
        }
        let null = Value::Null;
        let prior = prior.map_or(&null, |prior| &prior.value);
        let attributes = &self.object.schema.attributes;
        assert_plan_valid(attributes, prior, config, &planned.state)
            .map_err(|breach| Failure::Contract(format!("{}: {}", breach.path, breach.message)))?;
        Ok(planned)
    }

    async fn plan_rpc(&self, config: &Value, prior: Option<&State>) -> Result<Planned, Failure> {
        let kind = &self.object.kind;
        let null = Value::Null;
        let value = prior.map_or(&null, |prior| &prior.value);
        let proposal = proposed(&self.object.schema.attributes, value, config);
        let request = proto::plan_resource_change::Request {
            type_name: self.type_name.clone(),
            prior_state: write(value, kind)?,
            proposed_new_state: write(&proposal.conform(kind).map_err(Diagnostics::from)?, kind)?,
            config: write(config, kind)?,
            prior_private: prior.map(|prior| prior.private.clone()).unwrap_or_default(),
            ..Default::default()
        };
        let response = self.plugin.plan_rpc(request).await;
        let warnings = diagnostics(response.diagnostics).into_result()?;
        Ok(Planned {
            state: read(response.planned_state, kind)?,
            private: response.planned_private,
            replaces: response.requires_replace.into_iter().map(path).collect(),
            warnings,
        })
    }

    /// Plans the removal.
    ///
    /// # Errors
    /// When the provider refuses.
    pub async fn plan_destroy(&self, state: &State) -> Result<PlannedChange, Failure> {
        let kind = &self.object.kind;
        let request = proto::plan_resource_change::Request {
            type_name: self.type_name.clone(),
            prior_state: write(&state.value, kind)?,
            proposed_new_state: write(&Value::Null, kind)?,
            config: write(&Value::Null, kind)?,
            prior_private: state.private.clone(),
            ..Default::default()
        };
        let response = self.plugin.plan_rpc(request).await;
        let warnings = diagnostics(response.diagnostics).into_result()?;
        let planned = read(response.planned_state, kind)?;
        if !planned.is_null() {
            return Err(Failure::Contract("a planned removal left something".to_owned()));
        }
        Ok(PlannedChange {
            action: Action::Delete,
            replaces: Vec::new(),
            warnings,
            prior: Some(state.clone()),
            planned,
            private: response.planned_private,
        })
    }
}

/// Core ignores a path that leads to no change.
fn really_changed(planned: &Planned, prior: Option<&State>) -> Vec<Path> {
    let Some(prior) = prior else {
        return Vec::new();
    };
    let differs = |path: &&Path| at(&prior.value, path) != at(&planned.state, path);
    planned.replaces.iter().filter(differs).cloned().collect()
}

fn at<'a>(value: &'a Value, path: &Path) -> &'a Value {
    path.steps().iter().fold(value, |value, step| match step {
        crate::Step::Attribute(name) | crate::Step::Key(name) => value.field(name),
        crate::Step::Index(index) => value.elements().get(*index).unwrap_or(&Value::Null),
    })
}
