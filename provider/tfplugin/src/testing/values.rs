//! Data sources, ephemeral resources and functions under test.

use std::time::SystemTime;

use serde_json::Value as Json;

use super::Failure;
use super::harness::{Harness, configuration};
use super::messages::{diagnostics, read, write};
use crate::proto::tfplugin6 as proto;
use crate::value::Value;
use crate::{Diagnostics, FunctionError, Provider};

/// An ephemeral value that was opened.
#[derive(Clone, Debug)]
pub struct OpenedEphemeral {
    /// Arguments and results.
    pub result: Json,
    /// When it wants to be renewed.
    pub renew_at: Option<SystemTime>,
    type_name: String,
    private: Option<Vec<u8>>,
}

impl<P: Provider> Harness<P> {
    /// Validates and reads a data source.
    ///
    /// # Errors
    /// When the provider refuses, fails or breaks the contract.
    pub async fn read_data_source(&self, type_name: &str, config: &Json) -> Result<Json, Failure> {
        let object = self.plugin.data_source(type_name)?.object();
        let config = write(&configuration(object, config)?, &object.kind)?;
        let validate = proto::validate_data_resource_config::Request {
            type_name: type_name.to_owned(),
            config: config.clone(),
        };
        let validated = self.plugin.validate_data_source_rpc(&validate);
        diagnostics(validated.diagnostics).into_result()?;
        let request = proto::read_data_source::Request {
            type_name: type_name.to_owned(),
            config,
            ..Default::default()
        };
        let response = self.plugin.read_data_source_rpc(request).await;
        diagnostics(response.diagnostics).into_result()?;
        Ok(read(response.state, &object.kind)?.to_json())
    }

    /// Validates and opens an ephemeral resource.
    ///
    /// # Errors
    /// When the provider refuses, fails or breaks the contract.
    pub async fn open(&self, type_name: &str, config: &Json) -> Result<OpenedEphemeral, Failure> {
        let object = self.plugin.ephemeral(type_name)?.object();
        let config = write(&configuration(object, config)?, &object.kind)?;
        let validate = proto::validate_ephemeral_resource_config::Request {
            type_name: type_name.to_owned(),
            config: config.clone(),
        };
        let validated = self.plugin.validate_ephemeral_rpc(&validate);
        diagnostics(validated.diagnostics).into_result()?;
        let request = proto::open_ephemeral_resource::Request {
            type_name: type_name.to_owned(),
            config,
            ..Default::default()
        };
        let response = self.plugin.open_rpc(request).await;
        diagnostics(response.diagnostics).into_result()?;
        Ok(OpenedEphemeral {
            result: read(response.result, &object.kind)?.to_json(),
            renew_at: time(response.renew_at),
            type_name: type_name.to_owned(),
            private: response.private,
        })
    }

    /// Renews an ephemeral value.
    ///
    /// # Errors
    /// When the provider fails.
    pub async fn renew(&self, opened: &mut OpenedEphemeral) -> Result<(), Failure> {
        let request = proto::renew_ephemeral_resource::Request {
            type_name: opened.type_name.clone(),
            private: opened.private.clone(),
        };
        let response = self.plugin.renew_rpc(request).await;
        diagnostics(response.diagnostics).into_result()?;
        opened.private = response.private;
        opened.renew_at = time(response.renew_at);
        Ok(())
    }

    /// Closes an ephemeral value.
    ///
    /// # Errors
    /// When the provider fails.
    pub async fn close(&self, opened: OpenedEphemeral) -> Result<(), Failure> {
        let request = proto::close_ephemeral_resource::Request {
            type_name: opened.type_name,
            private: opened.private,
        };
        let response = self.plugin.close_rpc(request).await;
        diagnostics(response.diagnostics).into_result()?;
        Ok(())
    }

    /// Calls a function.
    ///
    /// # Errors
    /// When the function does.
    pub fn call(&self, name: &str, arguments: &[Json]) -> Result<Json, FunctionError> {
        let functions = &self.plugin.registry.functions;
        let entry = functions.get(name).ok_or_else(|| FunctionError::new("no such function"))?;
        let signature = entry.signature();
        let parameters = signature.parameters.iter().chain(signature.variadic.iter().cycle());
        let written = arguments.iter().zip(parameters).map(|(argument, parameter)| {
            let value = Value::from_json(argument, &parameter.kind).map_err(Diagnostics::from)?;
            write(&value, &parameter.kind)
        });
        let written: Result<Vec<_>, Failure> = written.collect();
        let written = written.map_err(|failure| FunctionError::new(failure.to_string()))?;
        let request = proto::call_function::Request {
            name: name.to_owned(),
            arguments: written.into_iter().flatten().collect(),
        };
        let response = self.plugin.call_rpc(&request);
        match response.error {
            Some(error) => Err(FunctionError {
                text: error.text,
                argument: error.function_argument.and_then(|at| usize::try_from(at).ok()),
            }),
            None => read(response.result, &signature.returns)
                .map(|result| result.to_json())
                .map_err(|failure| FunctionError::new(failure.to_string())),
        }
    }
}

fn time(timestamp: Option<prost_types::Timestamp>) -> Option<SystemTime> {
    timestamp.and_then(|timestamp| timestamp.try_into().ok())
}
