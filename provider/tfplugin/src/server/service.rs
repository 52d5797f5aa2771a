//! The gRPC face of the plugin: one line a call. List resources, actions and state stores are
//! left to the generated answer `Unimplemented`, which core understands.

use std::sync::Arc;

use tonic::{Request, Response, Status};
use tracing::Instrument as _;

use super::Plugin;
use super::pointer::point;
use crate::Provider;
use crate::proto::tfplugin6::{self as proto, provider_server};

/// A plugin as a gRPC service.
pub(super) struct Service<P: Provider>(pub(super) Arc<Plugin<P>>);

type Reply<T> = Result<Response<T>, Status>;

/// Calls that pass their request on and answer with what comes back.
macro_rules! calls {
    ($(plain $plain:ident($plain_module:ident) => $plain_call:ident;)*
     $(checked $checked:ident($checked_module:ident) => $checked_call:ident;)*
     $(waiting $waiting:ident($waiting_module:ident) => $waiting_call:ident;)*) => {
        #[tonic::async_trait]
        impl<P: Provider> provider_server::Provider for Service<P> {
            $(async fn $plain(
                &self,
                _: Request<proto::$plain_module::Request>,
            ) -> Reply<proto::$plain_module::Response> {
                Ok(Response::new(self.0.$plain_call()))
            })*
            $(async fn $checked(
                &self,
                request: Request<proto::$checked_module::Request>,
            ) -> Reply<proto::$checked_module::Response> {
                let mut response = self.0.$checked_call(request.get_ref());
                point(&mut response.diagnostics);
                Ok(Response::new(response))
            })*
            $(async fn $waiting(
                &self,
                request: Request<proto::$waiting_module::Request>,
            ) -> Reply<proto::$waiting_module::Response> {
                let span = tracing::debug_span!("call", rpc = stringify!($waiting));
                let call = self.0.$waiting_call(request.into_inner());
                let mut response = call.instrument(span).await;
                point(&mut response.diagnostics);
                Ok(Response::new(response))
            })*

            async fn call_function(
                &self,
                request: Request<proto::call_function::Request>,
            ) -> Reply<proto::call_function::Response> {
                Ok(Response::new(self.0.call_rpc(request.get_ref())))
            }

            /// The user interrupted: answers at once, the calls in flight end by themselves.
            async fn stop_provider(
                &self,
                _: Request<proto::stop_provider::Request>,
            ) -> Reply<proto::stop_provider::Response> {
                tracing::info!("interrupted: work in flight is cancelled");
                self.0.stop();
                Ok(Response::new(proto::stop_provider::Response::default()))
            }
        }
    };
}

calls! {
    plain get_metadata(get_metadata) => metadata_rpc;
    plain get_provider_schema(get_provider_schema) => schema_rpc;
    plain get_resource_identity_schemas(get_resource_identity_schemas) => identity_schemas_rpc;
    plain get_functions(get_functions) => functions_rpc;
    checked validate_provider_config(validate_provider_config) => validate_provider_rpc;
    checked validate_resource_config(validate_resource_config) => validate_resource_rpc;
    checked validate_data_resource_config(validate_data_resource_config) => validate_data_source_rpc;
    checked upgrade_resource_state(upgrade_resource_state) => upgrade_rpc;
    checked upgrade_resource_identity(upgrade_resource_identity) => upgrade_identity_rpc;
    checked move_resource_state(move_resource_state) => move_rpc;
    checked generate_resource_config(generate_resource_config) => generate_rpc;
    checked validate_ephemeral_resource_config(validate_ephemeral_resource_config) => validate_ephemeral_rpc;
    waiting configure_provider(configure_provider) => configure_rpc;
    waiting read_resource(read_resource) => read_rpc;
    waiting plan_resource_change(plan_resource_change) => plan_rpc;
    waiting apply_resource_change(apply_resource_change) => apply_rpc;
    waiting import_resource_state(import_resource_state) => import_rpc;
    waiting read_data_source(read_data_source) => read_data_source_rpc;
    waiting open_ephemeral_resource(open_ephemeral_resource) => open_rpc;
    waiting renew_ephemeral_resource(renew_ephemeral_resource) => renew_rpc;
    waiting close_ephemeral_resource(close_ephemeral_resource) => close_rpc;
}
