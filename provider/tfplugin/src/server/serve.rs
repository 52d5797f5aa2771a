//! From start to end of the process.

use std::error::Error;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::UnixListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;

use super::controller::Controller;
use super::handshake::{self, Invitation};
use super::listener::{SocketDirectory, connections};
use super::service::Service;
use super::tls::Tls;
use super::{Plugin, logging, reattach};
use crate::Provider;
use crate::engine::install_panic_hook;
use crate::proto::health::health_server::HealthServer;
use crate::proto::plugin::grpc_broker_server::GrpcBrokerServer;
use crate::proto::plugin::grpc_controller_server::GrpcControllerServer;
use crate::proto::plugin::grpc_stdio_server::GrpcStdioServer;
use crate::proto::tfplugin6::provider_server::ProviderServer;

/// Stack of a worker thread. A step of an operation is a future in a future, many deep, and without
/// optimisation each level takes kilobytes: 2 MiB, the default, were not enough.
const WORKER_STACK: usize = 16 << 20;

/// What plugins written with core's own libraries accept.
const LARGEST_MESSAGE: usize = 256 << 20;
/// After its end core waits 2 s before it kills the process.
const LAST_WORDS: Duration = Duration::from_millis(1500);
/// Core has one connection; when that is lost it does not come back.
const LONELINESS: Duration = Duration::from_secs(5);

type Failure = Box<dyn Error + Send + Sync>;

/// Runs the provider as a plugin until core ends it. The only thing `main` calls.
///
/// With the argument `--debug` (or `--debug=HOST/NAMESPACE/TYPE`) it waits for core to connect
/// and prints how to make it do so.
pub fn serve<P: Provider>(provider: P) -> ExitCode {
    match try_serve(provider) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            tell(failure.as_ref());
            ExitCode::FAILURE
        }
    }
}

fn tell(failure: &(dyn Error + Send + Sync)) {
    let mut stderr = io::stderr().lock();
    let mut next: Option<&dyn Error> = Some(failure);
    let mut separator = "";
    while let Some(error) = next {
        // There is nowhere to tell that stderr is closed.
        drop(write!(stderr, "{separator}{error}"));
        separator = ": ";
        next = error.source();
    }
    drop(writeln!(stderr));
}

fn try_serve<P: Provider>(provider: P) -> Result<(), Failure> {
    let debug = std::env::args().skip(1).find_map(|argument| debug_address::<P>(&argument));
    let invitation = match &debug {
        Some(_) => Invitation { client_certificate: None, socket_directory: None },
        None => Invitation::from_environment(|name| std::env::var(name).ok())?,
    };
    logging::install(P::NAME);
    install_panic_hook();
    let plugin = Arc::new(Plugin::new(provider).map_err(|found| problems(&found))?);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(WORKER_STACK)
        .build()?;
    let served = runtime.block_on(run(plugin, invitation, debug));
    runtime.shutdown_background();
    served
}

fn debug_address<P: Provider>(argument: &str) -> Option<String> {
    match argument.strip_prefix("--debug")? {
        "" => Some(format!("{0}/{0}", P::NAME)),
        rest => rest.strip_prefix('=').map(ToOwned::to_owned),
    }
}

fn problems(problems: &[crate::schema::SchemaError]) -> Failure {
    let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
    texts.join("\n").into()
}

async fn run<P: Provider>(
    plugin: Arc<Plugin<P>>,
    invitation: Invitation,
    debug: Option<String>,
) -> Result<(), Failure> {
    let tls = invitation.client_certificate.as_deref();
    let tls = tls.map(Tls::for_client).transpose()?;
    let parent = invitation.socket_directory.map_or_else(std::env::temp_dir, PathBuf::from);
    let directory = SocketDirectory::create(&parent)?;
    let path = directory.socket();
    let listener = UnixListener::bind(&path)?;
    let end = CancellationToken::new();
    let interrupts = signal(SignalKind::interrupt())?;
    tokio::spawn(end_at(signal(SignalKind::terminate())?, end.clone()));
    let (count, open) = watch::channel(0);
    let (config, certificate) = tls.map(|tls| (tls.config, tls.certificate)).unzip();
    let incoming = connections(listener, config, count);
    if let Some(address) = debug {
        reattach::announce(&address, &path)?;
        tokio::spawn(end_at(interrupts, end.clone()));
    } else {
        handshake::announce(&path, certificate.as_deref())?;
        tokio::spawn(ignore_interrupts(interrupts));
        tokio::spawn(end_when_lonely(open, end.clone()));
    }
    serve_connections(plugin, incoming, end).await
}

async fn serve_connections<P: Provider>(
    plugin: Arc<Plugin<P>>,
    incoming: impl futures::Stream<Item = io::Result<super::listener::Connection>>,
    end: CancellationToken,
) -> Result<(), Failure> {
    let controller = Controller { end: end.clone() };
    let provider = ProviderServer::new(Service(Arc::clone(&plugin)))
        .max_decoding_message_size(LARGEST_MESSAGE)
        .max_encoding_message_size(LARGEST_MESSAGE);
    let serving = Server::builder()
        .add_service(provider)
        .add_service(GrpcControllerServer::new(controller.clone()))
        .add_service(GrpcStdioServer::new(controller.clone()))
        .add_service(GrpcBrokerServer::new(controller.clone()))
        .add_service(HealthServer::new(controller))
        .serve_with_incoming_shutdown(incoming, end.cancelled());
    tokio::select! {
        served = serving => Ok(served?),
        () = last_words(&plugin, &end) => Ok(()),
    }
}

/// Lets what is in flight come to its end, but not for long.
async fn last_words<P: Provider>(plugin: &Plugin<P>, end: &CancellationToken) {
    end.cancelled().await;
    plugin.stop();
    tokio::time::sleep(LAST_WORDS).await;
}

/// Ctrl-C reaches the whole process group. Core tells us by a call what it means for us.
async fn ignore_interrupts(mut interrupts: Signal) {
    while interrupts.recv().await.is_some() {
        tracing::debug!("interrupt: left to core");
    }
}

async fn end_at(mut signals: Signal, end: CancellationToken) {
    signals.recv().await;
    end.cancel();
}

/// A killed core cannot end its plugins.
async fn end_when_lonely(mut open: watch::Receiver<usize>, end: CancellationToken) {
    let mut met = false;
    loop {
        let lonely = *open.borrow_and_update() == 0;
        met |= !lonely;
        let changed = open.changed();
        if met && lonely {
            match tokio::time::timeout(LONELINESS, changed).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => break,
            }
        } else if changed.await.is_err() {
            break;
        }
    }
    tracing::debug!("core is gone");
    end.cancel();
}
