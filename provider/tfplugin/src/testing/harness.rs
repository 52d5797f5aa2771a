//! A configured provider under test.

use std::sync::Arc;

use serde_json::Value as Json;

use super::messages::{diagnostics, write};
use super::resource::ResourceDriver;
use super::{Failure, UNKNOWN};
use crate::engine::Object;
use crate::proto::tfplugin6 as proto;
use crate::schema::Attribute;
use crate::server::Plugin;
use crate::value::Value;
use crate::{Diagnostics, Path, Provider};

/// A configured provider under test.
pub struct Harness<P: Provider> {
    pub(super) plugin: Arc<Plugin<P>>,
}

impl<P: Provider> Harness<P> {
    /// Validates the configuration and configures the provider with it.
    ///
    /// # Errors
    /// When the provider refuses it, or its schemas are none.
    pub async fn new(provider: P, config: &Json) -> Result<Self, Failure> {
        let plugin = Plugin::new(provider);
        let plugin = plugin.map_err(|problems| Failure::Contract(format!("{problems:?}")))?;
        let harness = Self { plugin: Arc::new(plugin) };
        harness.configure(config).await?;
        Ok(harness)
    }

    async fn configure(&self, config: &Json) -> Result<(), Failure> {
        let object = &self.plugin.registry.config;
        let config = write(&configuration(object, config)?, &object.kind)?;
        let validate = proto::validate_provider_config::Request { config: config.clone() };
        let validated = self.plugin.validate_provider_rpc(&validate);
        diagnostics(validated.diagnostics).into_result()?;
        let configure = proto::configure_provider::Request { config, ..Default::default() };
        let configured = self.plugin.configure_rpc(configure).await;
        diagnostics(configured.diagnostics).into_result()?;
        Ok(())
    }

    /// The resource of this type.
    ///
    /// # Errors
    /// When there is none.
    pub fn resource(&self, type_name: &str) -> Result<ResourceDriver<'_, P>, Failure> {
        let entry = self.plugin.resource(type_name)?;
        Ok(ResourceDriver {
            plugin: &self.plugin,
            object: entry.object(),
            identity: entry.identity(),
            type_name: type_name.to_owned(),
        })
    }

    /// The user interrupts.
    pub fn stop(&self) {
        self.plugin.stop();
    }
}

/// Reads a configuration and checks what core checks before it asks the provider.
pub(super) fn configuration(object: &Object, config: &Json) -> Result<Value, Failure> {
    let value = Value::from_configuration(config, &object.kind, UNKNOWN);
    let value = value.map_err(Diagnostics::from)?;
    check_modes(&object.schema.attributes, &value, &Path::root())?;
    Ok(value)
}

fn check_modes(attributes: &[Attribute], config: &Value, at: &Path) -> Result<(), Failure> {
    use crate::schema::{Kind, Nesting};
    if !matches!(config, Value::Map(_)) {
        return Ok(());
    }
    for attribute in attributes {
        let value = config.field(&attribute.name);
        let at = at.attribute(&attribute.name);
        if attribute.is_required() && value.is_null() {
            return Err(Failure::Contract(format!("{at} must be configured")));
        }
        if !attribute.is_required() && !attribute.is_optional() && !value.is_null() {
            return Err(Failure::Contract(format!("{at} cannot be configured")));
        }
        match (&attribute.kind, value) {
            (Kind::Nested(Nesting::Map, inner), Value::Map(fields)) => {
                for (key, field) in fields {
                    check_modes(inner, field, &at.key(key))?;
                }
            }
            (Kind::Nested(_, inner), Value::Map(_)) => check_modes(inner, value, &at)?,
            (Kind::Nested(_, inner), Value::List(elements)) => {
                for (index, element) in elements.iter().enumerate() {
                    check_modes(inner, element, &at.index(index))?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}
