//! Calls about the provider itself.

use super::Plugin;
use super::convert::{messages, read};
use crate::engine::{Object, decode, guard, guard_sync};
use crate::plan::{Refill, propose};
use crate::proto::tfplugin6 as proto;
use crate::value::Value;
use crate::{Configured, Diagnostics, Provider};

impl<P: Provider> Plugin<P> {
    pub(crate) fn validate_provider_rpc(
        &self,
        request: &proto::validate_provider_config::Request,
    ) -> proto::validate_provider_config::Response {
        let validated = guard_sync(|| self.validate_provider(request));
        let diagnostics = validated.unwrap_or_else(|diagnostics| diagnostics);
        proto::validate_provider_config::Response {
            diagnostics: messages(diagnostics, &self.registry.config.kind),
        }
    }

    fn validate_provider(
        &self,
        request: &proto::validate_provider_config::Request,
    ) -> Result<Diagnostics, Diagnostics> {
        let object = &self.registry.config;
        let config = read(request.config.as_ref(), &object.kind)?;
        let config = with_defaults(object, &config);
        Ok(self.provider.validate(&decode(&config)?))
    }

    pub(crate) async fn configure_rpc(
        &self,
        request: proto::configure_provider::Request,
    ) -> proto::configure_provider::Response {
        let configured = guard(self.configure(&request)).await;
        let diagnostics = configured.err().unwrap_or_default();
        proto::configure_provider::Response {
            diagnostics: messages(diagnostics, &self.registry.config.kind),
        }
    }

    async fn configure(
        &self,
        request: &proto::configure_provider::Request,
    ) -> Result<(), Diagnostics> {
        let object = &self.registry.config;
        let config = read(request.config.as_ref(), &object.kind)?;
        let config = with_defaults(object, &config);
        let configured = self.provider.configure(decode(&config)?).await?;
        self.set_data(match configured {
            Configured::Ready(data) => Some(data),
            Configured::Unknown => None,
        });
        Ok(())
    }
}

fn with_defaults(object: &Object, config: &Value) -> Value {
    propose(&object.schema.attributes, config, &Value::Null, Refill::Prior)
}
