//! All schemas of a provider, for documentation and for comparison with what core prints.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::engine::Object;
use crate::schema::{Schema, SchemaError, Signature};
use crate::{Provider, Registry};

/// All schemas of a provider.
#[derive(Clone, Debug)]
pub struct Catalog {
    /// Its configuration.
    pub provider: Schema,
    /// Its resources by type name.
    pub resources: BTreeMap<String, ResourceSchema>,
    /// Its data sources by type name.
    pub data_sources: BTreeMap<String, Schema>,
    /// Its ephemeral resources by type name.
    pub ephemerals: BTreeMap<String, Schema>,
    /// Its functions by name.
    pub functions: BTreeMap<String, Signature>,
    json_schemas: BTreeMap<String, Json>,
}

/// The schemas of a resource.
#[derive(Clone, Debug)]
pub struct ResourceSchema {
    /// Of its state and configuration.
    pub schema: Schema,
    /// Of its identity, if it has one.
    pub identity: Option<Schema>,
}

impl Catalog {
    /// The schemas of everything the provider registers.
    ///
    /// # Errors
    /// When a model is no schema or two things have one name.
    pub fn of<P: Provider>() -> Result<Self, Vec<SchemaError>> {
        let registry = Registry::<P>::of_provider()?;
        let mut json_schemas = BTreeMap::new();
        let mut collect = |name: &str, object: &Object| {
            json_schemas.insert(name.to_owned(), object.json_schema.clone());
            (name.to_owned(), object.schema.clone())
        };
        let (_, provider) = collect("provider", &registry.config);
        let mut resources = BTreeMap::new();
        for (name, entry) in &registry.resources {
            let (name, schema) = collect(name, entry.object());
            let identity = entry.identity().map(|identity| identity.schema.clone());
            resources.insert(name, ResourceSchema { schema, identity });
        }
        let data_sources = registry.data_sources.iter();
        let data_sources = data_sources.map(|(name, entry)| collect(name, entry.object()));
        let data_sources = data_sources.collect();
        let ephemerals = registry.ephemerals.iter();
        let ephemerals = ephemerals.map(|(name, entry)| collect(name, entry.object()));
        let ephemerals = ephemerals.collect();
        let functions = registry.functions.iter();
        let functions = functions
            .map(|(name, entry)| ((*name).to_owned(), entry.signature().clone()))
            .collect();
        Ok(Self { provider, resources, data_sources, ephemerals, functions, json_schemas })
    }

    /// The JSON Schema of each model, by type name; that of the configuration as `provider`.
    #[must_use]
    pub fn json_schemas(&self) -> &BTreeMap<String, Json> {
        &self.json_schemas
    }

    /// The schemas as core's `providers schema -json` prints them for a provider of this address.
    #[must_use]
    pub fn to_json(&self, address: &str) -> Json {
        let mut provider = serde_json::Map::new();
        provider.insert("provider".to_owned(), self.provider.to_json());
        let resources = |schema: &ResourceSchema| schema.schema.to_json();
        let parts = [
            ("resource_schemas", each(&self.resources, resources)),
            ("data_source_schemas", each(&self.data_sources, Schema::to_json)),
            ("ephemeral_resource_schemas", each(&self.ephemerals, Schema::to_json)),
            ("functions", each(&self.functions, Signature::to_json)),
            ("resource_identity_schemas", self.identities()),
        ];
        for (name, part) in parts {
            if part.as_object().is_some_and(|part| !part.is_empty()) {
                provider.insert(name.to_owned(), part);
            }
        }
        json!({ "format_version": "1.0", "provider_schemas": { address: provider } })
    }

    fn identities(&self) -> Json {
        let identities = self.resources.iter().filter_map(|(name, resource)| {
            let identity = resource.identity.as_ref()?;
            Some((name.clone(), identity.to_identity_json()))
        });
        Json::Object(identities.collect())
    }
}

fn each<T>(entries: &BTreeMap<String, T>, convert: impl Fn(&T) -> Json) -> Json {
    let converted = entries.iter().map(|(name, entry)| (name.clone(), convert(entry)));
    Json::Object(converted.collect())
}
