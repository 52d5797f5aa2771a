//! A data source.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tfplugin::attribute::{computed, optional, required};
use tfplugin::{Context, DataSource, Diagnostics, Tf};

use super::Probe;

/// Says what it is told.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
pub(crate) struct Echo {
    /// What is said.
    #[schemars(extend("x-tf" = required()))]
    word: Tf<String>,
    /// How often.
    #[schemars(extend("x-tf" = optional().default(2)))]
    times: Tf<usize>,
    /// What comes back.
    #[schemars(extend("x-tf" = computed()))]
    words: Tf<Vec<String>>,
}

pub(crate) struct EchoDataSource;

impl DataSource for EchoDataSource {
    type Provider = Probe;
    type State = Echo;
    const TYPE_NAME: &'static str = "probe_echo";

    async fn read(&self, context: &Context<Probe>, mut config: Echo) -> Result<Echo, Diagnostics> {
        context.require_data()?;
        let times = config.times.known().copied().unwrap_or_default();
        config.words = config.word.as_ref().map(|word| vec![word.clone(); times]);
        Ok(config)
    }
}
