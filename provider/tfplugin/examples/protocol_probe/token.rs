//! An ephemeral resource.

use std::time::{Duration, SystemTime};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tfplugin::attribute::{computed, required};
use tfplugin::{Context, Diagnostic, Diagnostics, Ephemeral, Opened, Renewed, Tf};

use super::Probe;

/// A token that lives for a moment.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
pub(crate) struct Token {
    /// Who gets it.
    #[schemars(extend("x-tf" = required()))]
    bearer: Tf<String>,
    /// The token.
    #[schemars(extend("x-tf" = computed().sensitive()))]
    value: Tf<String>,
}

/// What is needed to take a token back.
#[derive(Serialize, Deserialize, Clone, Debug, Default)]
pub(crate) struct TokenPrivate {
    bearer: String,
}

pub(crate) struct TokenEphemeral;

impl Ephemeral for TokenEphemeral {
    type Provider = Probe;
    type State = Token;
    type Private = TokenPrivate;
    const TYPE_NAME: &'static str = "probe_token";

    async fn open(
        &self,
        _context: &Context<Probe>,
        mut config: Token,
    ) -> Result<Opened<Self>, Diagnostics> {
        let bearer = config.bearer.known().cloned().unwrap_or_default();
        config.value = format!("token-of-{bearer}").into();
        Ok(Opened {
            state: config,
            private: TokenPrivate { bearer },
            renew_at: Some(SystemTime::now() + Duration::from_secs(1)),
        })
    }

    async fn renew(
        &self,
        context: &Context<Probe>,
        private: TokenPrivate,
    ) -> Result<Renewed<Self>, Diagnostics> {
        context.progress(&format!("renewed the token of {}", private.bearer));
        Ok(Renewed { private, renew_at: None })
    }

    /// Leaves a trace, so that a test sees that it was called.
    async fn close(
        &self,
        context: &Context<Probe>,
        private: TokenPrivate,
    ) -> Result<(), Diagnostics> {
        let directory = &context.require_data()?.directory;
        let trace = directory.join(format!("closed-{}", private.bearer));
        let written = tokio::fs::write(trace, "closed").await;
        written.map_err(|error| Diagnostic::error(error.to_string()).into())
    }
}
