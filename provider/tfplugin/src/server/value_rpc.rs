//! Calls about data sources, ephemeral resources and functions.

use super::Plugin;
use super::convert::{messages, read, timestamp, write};
use crate::proto::tfplugin6 as proto;
use crate::value::{Type, Value};
use crate::{Diagnostics, FunctionError, Provider};

impl<P: Provider> Plugin<P> {
    pub(crate) fn validate_data_source_rpc(
        &self,
        request: &proto::validate_data_resource_config::Request,
    ) -> proto::validate_data_resource_config::Response {
        let entry = self.data_source(&request.type_name);
        let kind = entry.as_ref().map_or(&Type::Dynamic, |entry| &entry.object().kind);
        let validated = entry.as_ref().map_err(Clone::clone).and_then(|entry| {
            let config = read(request.config.as_ref(), kind)?;
            Ok(entry.validate(&config))
        });
        proto::validate_data_resource_config::Response {
            diagnostics: messages(validated.unwrap_or_else(|diagnostics| diagnostics), kind),
        }
    }

    pub(crate) async fn read_data_source_rpc(
        &self,
        request: proto::read_data_source::Request,
    ) -> proto::read_data_source::Response {
        let context = self.context();
        let entry = self.data_source(&request.type_name);
        let kind = entry.as_ref().map_or(&Type::Dynamic, |entry| &entry.object().kind);
        let found = async {
            let config = read(request.config.as_ref(), kind)?;
            let entry = entry.as_ref().map_err(Clone::clone)?;
            write(&entry.read(&context, config).await?, kind)
        };
        let (state, mut diagnostics) = match found.await {
            Ok(state) => (Some(state), Diagnostics::new()),
            Err(diagnostics) => (None, diagnostics),
        };
        diagnostics.extend(context.take_warnings());
        proto::read_data_source::Response {
            state,
            diagnostics: messages(diagnostics, kind),
            deferred: None,
        }
    }

    pub(crate) fn validate_ephemeral_rpc(
        &self,
        request: &proto::validate_ephemeral_resource_config::Request,
    ) -> proto::validate_ephemeral_resource_config::Response {
        let entry = self.ephemeral(&request.type_name);
        let kind = entry.as_ref().map_or(&Type::Dynamic, |entry| &entry.object().kind);
        let validated = entry.as_ref().map_err(Clone::clone).and_then(|entry| {
            let config = read(request.config.as_ref(), kind)?;
            Ok(entry.validate(&config))
        });
        proto::validate_ephemeral_resource_config::Response {
            diagnostics: messages(validated.unwrap_or_else(|diagnostics| diagnostics), kind),
        }
    }

    pub(crate) async fn open_rpc(
        &self,
        request: proto::open_ephemeral_resource::Request,
    ) -> proto::open_ephemeral_resource::Response {
        let context = self.context();
        let entry = self.ephemeral(&request.type_name);
        let kind = entry.as_ref().map_or(&Type::Dynamic, |entry| &entry.object().kind);
        let opened = async {
            let config = read(request.config.as_ref(), kind)?;
            let entry = entry.as_ref().map_err(Clone::clone)?;
            let opened = entry.open(&context, config).await?;
            Ok(proto::open_ephemeral_resource::Response {
                result: Some(write(&opened.state, kind)?),
                renew_at: opened.renew_at.map(timestamp),
                private: Some(opened.private),
                ..Default::default()
            })
        };
        let opened: Result<_, Diagnostics> = opened.await;
        let mut response =
            opened.unwrap_or_else(|diagnostics| proto::open_ephemeral_resource::Response {
                diagnostics: messages(diagnostics, kind),
                ..Default::default()
            });
        let warnings = messages(context.take_warnings(), kind);
        response.diagnostics.extend(warnings);
        response
    }

    pub(crate) async fn renew_rpc(
        &self,
        request: proto::renew_ephemeral_resource::Request,
    ) -> proto::renew_ephemeral_resource::Response {
        let context = self.context();
        let renewed = async {
            let entry = self.ephemeral(&request.type_name)?;
            let private = request.private.unwrap_or_default();
            let renewed = entry.renew(&context, private).await?;
            Ok(proto::renew_ephemeral_resource::Response {
                diagnostics: Vec::new(),
                renew_at: renewed.renew_at.map(timestamp),
                private: Some(renewed.private),
            })
        };
        let renewed: Result<_, Diagnostics> = renewed.await;
        let mut response =
            renewed.unwrap_or_else(|diagnostics| proto::renew_ephemeral_resource::Response {
                diagnostics: messages(diagnostics, &Type::Dynamic),
                ..Default::default()
            });
        let warnings = messages(context.take_warnings(), &Type::Dynamic);
        response.diagnostics.extend(warnings);
        response
    }

    pub(crate) async fn close_rpc(
        &self,
        request: proto::close_ephemeral_resource::Request,
    ) -> proto::close_ephemeral_resource::Response {
        let context = self.context();
        let closed = async {
            let entry = self.ephemeral(&request.type_name)?;
            let private = request.private.unwrap_or_default();
            entry.close(&context, private).await
        };
        let mut diagnostics = closed.await.err().unwrap_or_default();
        diagnostics.extend(context.take_warnings());
        proto::close_ephemeral_resource::Response {
            diagnostics: messages(diagnostics, &Type::Dynamic),
        }
    }

    pub(crate) fn call_rpc(
        &self,
        request: &proto::call_function::Request,
    ) -> proto::call_function::Response {
        match self.call(request) {
            Ok(result) => proto::call_function::Response { result: Some(result), error: None },
            Err(error) => proto::call_function::Response {
                result: None,
                error: Some(proto::FunctionError {
                    text: error.text,
                    function_argument: error
                        .argument
                        .and_then(|position| i64::try_from(position).ok()),
                }),
            },
        }
    }

    fn call(
        &self,
        request: &proto::call_function::Request,
    ) -> Result<proto::DynamicValue, FunctionError> {
        let missing = || FunctionError::new(format!("there is no function {}", request.name));
        let entry = self.registry.functions.get(request.name.as_str());
        let entry = entry.ok_or_else(missing)?;
        let signature = entry.signature();
        let parameters = signature.parameters.iter();
        let kinds = parameters.chain(signature.variadic.iter().cycle());
        let arguments = request.arguments.iter().zip(kinds).enumerate();
        let arguments = arguments.map(|(position, (argument, parameter))| {
            read(Some(argument), &parameter.kind)
                .map_err(|diagnostics| failed(&diagnostics).argument(position))
        });
        let result = entry.call(arguments.collect::<Result<Vec<Value>, _>>()?)?;
        write(&result, &signature.returns).map_err(|diagnostics| failed(&diagnostics))
    }
}

fn failed(diagnostics: &Diagnostics) -> FunctionError {
    let texts = diagnostics.iter().map(|diagnostic| diagnostic.summary.as_str());
    FunctionError::new(texts.collect::<Vec<_>>().join("\n"))
}
