//! Calls about resources. Each answers with what is to be kept, whatever goes wrong.

use super::Plugin;
use super::convert::{messages, path, raw, read, read_identity, write, write_identity};
use crate::engine::{AnyResource, ApplyInput, ImportInput, Outcome, PlanInput, PlanOutput};
use crate::proto::tfplugin6 as proto;
use crate::value::{Type, Value};
use crate::{Diagnostic, Diagnostics, MoveRequest, Provider};

/// Where no resource is known, so no type either.
const NO_TYPE: Type = Type::Dynamic;

impl<P: Provider> Plugin<P> {
    fn kind_of(&self, name: &str) -> &Type {
        self.resource(name).map_or(&NO_TYPE, |entry| &entry.object().kind)
    }

    pub(crate) fn validate_resource_rpc(
        &self,
        request: &proto::validate_resource_config::Request,
    ) -> proto::validate_resource_config::Response {
        let validated = self.validate_resource(request);
        let diagnostics = validated.unwrap_or_else(|diagnostics| diagnostics);
        proto::validate_resource_config::Response {
            diagnostics: messages(diagnostics, self.kind_of(&request.type_name)),
        }
    }

    fn validate_resource(
        &self,
        request: &proto::validate_resource_config::Request,
    ) -> Result<Diagnostics, Diagnostics> {
        let entry = self.resource(&request.type_name)?;
        let object = entry.object();
        let config = read(request.config.as_ref(), &object.kind)?;
        let client = request.client_capabilities.unwrap_or_default();
        if !client.write_only_attributes_allowed {
            refuse_write_only(entry, &config)?;
        }
        Ok(entry.validate(&config))
    }

    pub(crate) async fn plan_rpc(
        &self,
        request: proto::plan_resource_change::Request,
    ) -> proto::plan_resource_change::Response {
        let planned = self.plan_change(&request).await;
        planned.unwrap_or_else(|diagnostics| proto::plan_resource_change::Response {
            planned_state: request.proposed_new_state.clone(),
            planned_private: request.prior_private.clone(),
            diagnostics: messages(diagnostics, self.kind_of(&request.type_name)),
            ..Default::default()
        })
    }

    async fn plan_change(
        &self,
        request: &proto::plan_resource_change::Request,
    ) -> Result<proto::plan_resource_change::Response, Diagnostics> {
        let entry = self.resource(&request.type_name)?;
        let kind = &entry.object().kind;
        let input = PlanInput {
            config: read(request.config.as_ref(), kind)?,
            prior: read(request.prior_state.as_ref(), kind)?,
            proposed: read(request.proposed_new_state.as_ref(), kind)?,
            private: request.prior_private.clone(),
        };
        let context = self.context();
        let PlanOutput { state, requires_replace, private, identity, diagnostics } =
            entry.plan(&context, input).await;
        Ok(proto::plan_resource_change::Response {
            planned_state: Some(write(&state, kind)?),
            requires_replace: requires_replace.iter().map(|way| path(way, kind)).collect(),
            planned_private: private,
            diagnostics: messages(diagnostics, kind),
            planned_identity: write_identity(identity.as_ref(), entry.identity()),
            ..Default::default()
        })
    }

    pub(crate) async fn apply_rpc(
        &self,
        request: proto::apply_resource_change::Request,
    ) -> proto::apply_resource_change::Response {
        let applied = self.apply_change(&request).await;
        applied.unwrap_or_else(|diagnostics| proto::apply_resource_change::Response {
            new_state: request.prior_state.clone(),
            private: request.planned_private.clone(),
            diagnostics: messages(diagnostics, self.kind_of(&request.type_name)),
            ..Default::default()
        })
    }

    async fn apply_change(
        &self,
        request: &proto::apply_resource_change::Request,
    ) -> Result<proto::apply_resource_change::Response, Diagnostics> {
        let entry = self.resource(&request.type_name)?;
        let kind = &entry.object().kind;
        let input = ApplyInput {
            config: read(request.config.as_ref(), kind)?,
            prior: read(request.prior_state.as_ref(), kind)?,
            planned: read(request.planned_state.as_ref(), kind)?,
            private: request.planned_private.clone(),
        };
        let context = self.context();
        let outcome = entry.apply(&context, input).await;
        Ok(proto::apply_resource_change::Response {
            new_state: Some(write(&outcome.state, kind)?),
            private: outcome.private,
            diagnostics: messages(outcome.diagnostics, kind),
            new_identity: write_identity(outcome.identity.as_ref(), entry.identity()),
            ..Default::default()
        })
    }

    pub(crate) async fn read_rpc(
        &self,
        request: proto::read_resource::Request,
    ) -> proto::read_resource::Response {
        let found = self.read_resource(&request).await;
        found.unwrap_or_else(|diagnostics| proto::read_resource::Response {
            new_state: request.current_state.clone(),
            private: request.private.clone(),
            new_identity: request.current_identity.clone(),
            diagnostics: messages(diagnostics, self.kind_of(&request.type_name)),
            ..Default::default()
        })
    }

    async fn read_resource(
        &self,
        request: &proto::read_resource::Request,
    ) -> Result<proto::read_resource::Response, Diagnostics> {
        let entry = self.resource(&request.type_name)?;
        let kind = &entry.object().kind;
        let state = read(request.current_state.as_ref(), kind)?;
        let context = self.context();
        let outcome = entry.read(&context, state, request.private.clone()).await;
        let identity = write_identity(outcome.identity.as_ref(), entry.identity());
        Ok(proto::read_resource::Response {
            new_state: Some(write(&outcome.state, kind)?),
            diagnostics: messages(outcome.diagnostics, kind),
            private: outcome.private,
            new_identity: identity.or_else(|| request.current_identity.clone()),
            ..Default::default()
        })
    }

    pub(crate) fn upgrade_rpc(
        &self,
        request: &proto::upgrade_resource_state::Request,
    ) -> proto::upgrade_resource_state::Response {
        let upgraded = self.resource(&request.type_name).and_then(|entry| {
            let state = entry.upgrade(request.version, raw(request.raw_state.as_ref())?)?;
            write(&state, &entry.object().kind)
        });
        let (upgraded_state, diagnostics) = parts(upgraded);
        proto::upgrade_resource_state::Response {
            upgraded_state,
            diagnostics: messages(diagnostics, self.kind_of(&request.type_name)),
        }
    }

    pub(crate) fn upgrade_identity_rpc(
        &self,
        request: &proto::upgrade_resource_identity::Request,
    ) -> proto::upgrade_resource_identity::Response {
        let upgraded = self.resource(&request.type_name).and_then(|entry| {
            let stored = raw(request.raw_identity.as_ref())?;
            let identity = entry.upgrade_identity(request.version, &stored)?;
            Ok(write_identity(Some(&identity), entry.identity()))
        });
        let (upgraded_identity, diagnostics) = parts(upgraded);
        proto::upgrade_resource_identity::Response {
            upgraded_identity: upgraded_identity.flatten(),
            diagnostics: messages(diagnostics, &NO_TYPE),
        }
    }

    pub(crate) async fn import_rpc(
        &self,
        request: proto::import_resource_state::Request,
    ) -> proto::import_resource_state::Response {
        let imported = self.import_resource(&request).await;
        imported.unwrap_or_else(|diagnostics| proto::import_resource_state::Response {
            diagnostics: messages(diagnostics, self.kind_of(&request.type_name)),
            ..Default::default()
        })
    }

    async fn import_resource(
        &self,
        request: &proto::import_resource_state::Request,
    ) -> Result<proto::import_resource_state::Response, Diagnostics> {
        let entry = self.resource(&request.type_name)?;
        let input = match (&request.identity, entry.identity()) {
            (Some(identity), Some(object)) => {
                ImportInput::Identity(read_identity(Some(identity), object)?)
            }
            _ => ImportInput::Id(request.id.clone()),
        };
        let context = self.context();
        let outcome = entry.import(&context, input).await;
        let object = (!outcome.state.is_null())
            .then(|| imported(entry, &request.type_name, &outcome))
            .transpose()?;
        Ok(proto::import_resource_state::Response {
            imported_resources: object.into_iter().collect(),
            diagnostics: messages(outcome.diagnostics, &entry.object().kind),
            deferred: None,
        })
    }

    pub(crate) fn move_rpc(
        &self,
        request: &proto::move_resource_state::Request,
    ) -> proto::move_resource_state::Response {
        let moved = self.move_resource(request);
        moved.unwrap_or_else(|diagnostics| proto::move_resource_state::Response {
            diagnostics: messages(diagnostics, self.kind_of(&request.target_type_name)),
            ..Default::default()
        })
    }

    fn move_resource(
        &self,
        request: &proto::move_resource_state::Request,
    ) -> Result<proto::move_resource_state::Response, Diagnostics> {
        let entry = self.resource(&request.target_type_name)?;
        let outcome = entry.move_from(MoveRequest {
            source_provider: request.source_provider_address.clone(),
            source_type: request.source_type_name.clone(),
            source_version: request.source_schema_version,
            source_state: raw(request.source_state.as_ref())?,
        })?;
        Ok(proto::move_resource_state::Response {
            target_state: Some(write(&outcome.state, &entry.object().kind)?),
            target_private: outcome.private,
            target_identity: write_identity(outcome.identity.as_ref(), entry.identity()),
            diagnostics: Vec::new(),
        })
    }

    pub(crate) fn generate_rpc(
        &self,
        request: &proto::generate_resource_config::Request,
    ) -> proto::generate_resource_config::Response {
        let generated = self.resource(&request.type_name).and_then(|entry| {
            let kind = &entry.object().kind;
            let state = read(request.state.as_ref(), kind)?;
            write(&entry.configuration_of(&state), kind)
        });
        let (config, diagnostics) = parts(generated);
        proto::generate_resource_config::Response {
            config,
            diagnostics: messages(diagnostics, self.kind_of(&request.type_name)),
        }
    }
}

fn imported<P: Provider>(
    entry: &dyn AnyResource<P>,
    type_name: &str,
    outcome: &Outcome,
) -> Result<proto::import_resource_state::ImportedResource, Diagnostics> {
    Ok(proto::import_resource_state::ImportedResource {
        type_name: type_name.to_owned(),
        state: Some(write(&outcome.state, &entry.object().kind)?),
        private: outcome.private.clone(),
        identity: write_identity(outcome.identity.as_ref(), entry.identity()),
    })
}

/// Older clients would save write-only values in the state.
fn refuse_write_only<P: Provider>(
    entry: &dyn AnyResource<P>,
    config: &Value,
) -> Result<(), Diagnostics> {
    let attributes = &entry.object().schema.attributes;
    if crate::plan::null_write_only(attributes, config) == *config {
        return Ok(());
    }
    Err(Diagnostic::error("write-only arguments need a newer core")
        .detail("They need OpenTofu 1.11 or Terraform 1.11 or newer.")
        .into())
}

fn parts<T>(result: Result<T, Diagnostics>) -> (Option<T>, Diagnostics) {
    match result {
        Ok(value) => (Some(value), Diagnostics::new()),
        Err(diagnostics) => (None, diagnostics),
    }
}
