//! A provider that does nothing useful: it shows and tests how this library behaves under a
//! real core. It touches nothing but the directory it is given.

mod blob;
mod crash;
mod echo;
mod file;
mod functions;
mod machine;
mod note;
mod slow;
mod token;

use std::path::PathBuf;
use std::process::ExitCode;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tfplugin::{Configured, Diagnostics, Provider, Registry, Tf};

/// The provider.
#[derive(Debug)]
pub(crate) struct Probe;

/// Settings of the probe.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
pub(crate) struct ProbeConfig {
    /// Directory in which the probe may write; the present one if not given.
    directory: Tf<String>,
}

/// The configured probe.
#[derive(Debug)]
pub(crate) struct Workshop {
    directory: PathBuf,
}

impl Provider for Probe {
    type Config = ProbeConfig;
    type Data = Workshop;
    const NAME: &'static str = "probe";

    async fn configure(&self, config: ProbeConfig) -> Result<Configured<Workshop>, Diagnostics> {
        let ready = |directory| Configured::Ready(Workshop { directory });
        Ok(match config.directory {
            Tf::Unknown => Configured::Unknown,
            Tf::Null => ready(PathBuf::from(".")),
            Tf::Known(directory) => ready(PathBuf::from(directory)),
        })
    }

    fn register(registry: &mut Registry<Self>) {
        registry.resource(blob::BlobResource);
        registry.resource(crash::CrashResource);
        registry.resource(file::FileResource);
        registry.resource(machine::GroupResource);
        registry.resource(machine::MachineResource);
        registry.resource(note::NoteResource);
        registry.resource(slow::SlowResource);
        registry.data_source(echo::EchoDataSource);
        registry.ephemeral(token::TokenEphemeral);
        registry.function(functions::Join);
        registry.function(functions::Half);
    }
}

fn main() -> ExitCode {
    tfplugin::serve(Probe)
}
