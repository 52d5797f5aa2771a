//! What the provider offers, for core.

use std::collections::HashMap;

use super::Plugin;
use crate::Provider;
use crate::proto::tfplugin6 as proto;
use crate::schema::to_proto;

impl<P: Provider> Plugin<P> {
    pub(crate) fn schema_rpc(&self) -> proto::get_provider_schema::Response {
        let registry = &self.registry;
        proto::get_provider_schema::Response {
            provider: Some(to_proto(&registry.config.schema)),
            resource_schemas: each(&registry.resources, |entry| to_proto(&entry.object().schema)),
            data_source_schemas: each(&registry.data_sources, |entry| {
                to_proto(&entry.object().schema)
            }),
            ephemeral_resource_schemas: each(&registry.ephemerals, |entry| {
                to_proto(&entry.object().schema)
            }),
            functions: self.function_signatures(),
            server_capabilities: Some(capabilities()),
            ..Default::default()
        }
    }

    fn function_signatures(&self) -> HashMap<String, proto::Function> {
        each(&self.registry.functions, |entry| entry.signature().to_proto())
    }

    pub(crate) fn functions_rpc(&self) -> proto::get_functions::Response {
        proto::get_functions::Response {
            functions: self.function_signatures(),
            diagnostics: Vec::new(),
        }
    }

    pub(crate) fn identity_schemas_rpc(&self) -> proto::get_resource_identity_schemas::Response {
        let resources = self.registry.resources.iter();
        let schemas = resources.filter_map(|(name, entry)| {
            let identity = entry.identity()?;
            Some(((*name).to_owned(), identity.schema.to_identity_proto()))
        });
        proto::get_resource_identity_schemas::Response {
            identity_schemas: schemas.collect(),
            diagnostics: Vec::new(),
        }
    }

    pub(crate) fn metadata_rpc(&self) -> proto::get_metadata::Response {
        use proto::get_metadata::{
            DataSourceMetadata, EphemeralMetadata, FunctionMetadata, ResourceMetadata,
        };
        let registry = &self.registry;
        let owned = |name: &&'static str| (*name).to_owned();
        let resources = registry.resources.keys().map(owned);
        let data_sources = registry.data_sources.keys().map(owned);
        let ephemerals = registry.ephemerals.keys().map(owned);
        let functions = registry.functions.keys().map(owned);
        proto::get_metadata::Response {
            server_capabilities: Some(capabilities()),
            resources: resources.map(|type_name| ResourceMetadata { type_name }).collect(),
            data_sources: data_sources.map(|type_name| DataSourceMetadata { type_name }).collect(),
            ephemeral_resources: ephemerals
                .map(|type_name| EphemeralMetadata { type_name })
                .collect(),
            functions: functions.map(|name| FunctionMetadata { name }).collect(),
            ..Default::default()
        }
    }
}

fn each<E: ?Sized, T>(
    entries: &std::collections::BTreeMap<&'static str, Box<E>>,
    convert: impl Fn(&E) -> T,
) -> HashMap<String, T> {
    let converted = entries.iter().map(|(name, entry)| ((*name).to_owned(), convert(entry)));
    converted.collect()
}

fn capabilities() -> proto::ServerCapabilities {
    proto::ServerCapabilities {
        plan_destroy: true,
        get_provider_schema_optional: true,
        move_resource_state: true,
        generate_resource_config: true,
    }
}
