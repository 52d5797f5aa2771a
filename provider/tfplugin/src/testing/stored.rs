//! States and identities as they are stored, and configurations made from them.

use serde_json::Value as Json;

use super::Failure;
use super::messages::{diagnostics, read, write};
use super::resource::{ResourceDriver, State};
use crate::Provider;
use crate::proto::tfplugin6 as proto;

impl<P: Provider> ResourceDriver<'_, P> {
    /// Brings a stored state of any version into the present form.
    ///
    /// # Errors
    /// When the provider refuses.
    pub fn upgrade(&self, version: i64, state: &Json) -> Result<State, Failure> {
        let request = proto::upgrade_resource_state::Request {
            type_name: self.type_name.clone(),
            version,
            raw_state: Some(raw(state)),
        };
        let response = self.plugin.upgrade_rpc(&request);
        diagnostics(response.diagnostics).into_result()?;
        let value = read(response.upgraded_state, &self.object.kind)?;
        let saved = self.saved(value, Vec::new(), None)?;
        saved.ok_or_else(|| Failure::Contract("an upgrade left nothing".to_owned()))
    }

    /// Takes over the state of another resource type.
    ///
    /// # Errors
    /// When the provider refuses.
    pub fn move_from(&self, request: crate::MoveRequest) -> Result<State, Failure> {
        let request = proto::move_resource_state::Request {
            source_provider_address: request.source_provider,
            source_type_name: request.source_type,
            source_schema_version: request.source_version,
            source_state: Some(raw(&request.source_state)),
            target_type_name: self.type_name.clone(),
            ..Default::default()
        };
        let response = self.plugin.move_rpc(&request);
        diagnostics(response.diagnostics).into_result()?;
        let value = read(response.target_state, &self.object.kind)?;
        let saved = self.saved(value, response.target_private, response.target_identity)?;
        saved.ok_or_else(|| Failure::Contract("a move left nothing".to_owned()))
    }

    /// Brings a stored identity of any version into the present form.
    ///
    /// # Errors
    /// When the provider refuses or has no identity.
    pub fn upgrade_identity(&self, version: i64, identity: &Json) -> Result<Json, Failure> {
        let request = proto::upgrade_resource_identity::Request {
            type_name: self.type_name.clone(),
            version,
            raw_identity: Some(raw(identity)),
        };
        let response = self.plugin.upgrade_identity_rpc(&request);
        diagnostics(response.diagnostics).into_result()?;
        let no_identity = || Failure::Contract("there is no identity".to_owned());
        let object = self.identity.ok_or_else(no_identity)?;
        let data = response.upgraded_identity.and_then(|identity| identity.identity_data);
        Ok(read(data, &object.kind)?.to_json())
    }

    /// The configuration that core would write for an imported object.
    ///
    /// # Errors
    /// When the provider refuses.
    pub fn generated_config(&self, state: &State) -> Result<Json, Failure> {
        let kind = &self.object.kind;
        let request = proto::generate_resource_config::Request {
            type_name: self.type_name.clone(),
            state: write(&state.value, kind)?,
        };
        let response = self.plugin.generate_rpc(&request);
        diagnostics(response.diagnostics).into_result()?;
        Ok(read(response.config, kind)?.to_json())
    }
}

fn raw(json: &Json) -> proto::RawState {
    proto::RawState { json: json.to_string().into_bytes(), ..Default::default() }
}
