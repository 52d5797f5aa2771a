//! What the plugin client calls besides the provider: the end, output, broker, health.

use std::pin::Pin;

use futures::Stream;
use futures::future::Either;
use futures::stream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};

use crate::proto::health::{
    HealthCheckRequest, HealthCheckResponse, health_check_response::ServingStatus, health_server,
};
use crate::proto::plugin::{
    ConnInfo, Empty, StdioData, grpc_broker_server, grpc_controller_server, grpc_stdio_server,
};

type Messages<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// The services beside the provider. Cancelling the token ends the plugin.
#[derive(Clone, Debug)]
pub(super) struct Controller {
    pub(super) end: CancellationToken,
}

impl Controller {
    /// A stream that says nothing until the plugin ends.
    fn silence<T: Send + 'static>(&self) -> Messages<T> {
        let end = self.end.clone();
        Box::pin(stream::unfold(end, |end| async move {
            end.cancelled().await;
            None
        }))
    }
}

#[tonic::async_trait]
impl grpc_controller_server::GrpcController for Controller {
    async fn shutdown(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        tracing::debug!("core ends the plugin");
        self.end.cancel();
        Ok(Response::new(Empty {}))
    }
}

#[tonic::async_trait]
impl grpc_stdio_server::GrpcStdio for Controller {
    async fn stream_stdio(
        &self,
        _: Request<Empty>,
    ) -> Result<Response<Messages<StdioData>>, Status> {
        Ok(Response::new(self.silence()))
    }
}

#[tonic::async_trait]
impl grpc_broker_server::GrpcBroker for Controller {
    async fn start_stream(
        &self,
        _: Request<Streaming<ConnInfo>>,
    ) -> Result<Response<Messages<ConnInfo>>, Status> {
        Ok(Response::new(self.silence()))
    }
}

fn health() -> HealthCheckResponse {
    HealthCheckResponse { status: ServingStatus::Serving.into() }
}

#[tonic::async_trait]
impl health_server::Health for Controller {
    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        match request.get_ref().service.as_str() {
            "" | "plugin" => Ok(Response::new(health())),
            other => Err(Status::not_found(format!("there is no service {other}"))),
        }
    }

    async fn watch(
        &self,
        _: Request<HealthCheckRequest>,
    ) -> Result<Response<Messages<HealthCheckResponse>>, Status> {
        let first = stream::once(async { Ok(health()) });
        let rest = self.silence();
        let both = futures::StreamExt::chain(Either::<_, Messages<_>>::Left(first), rest);
        Ok(Response::new(Box::pin(both)))
    }
}
