//! A resource whose creation ends only when the user interrupts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tfplugin::attribute::{computed, optional, required};
use tfplugin::{
    Context, CreateRequest, DeleteRequest, Diagnostic, Diagnostics, Failed, NoIdentity, Read,
    ReadRequest, Resource, Saved, Tf, UpdateRequest,
};

use super::Probe;

/// Something slow.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
pub(crate) struct Slow {
    /// A file that is written once the work has begun.
    #[schemars(extend("x-tf" = required()))]
    begun: Tf<String>,
    /// Whether an interrupted creation leaves an object behind.
    #[schemars(extend("x-tf" = optional().default(false)))]
    leaves_object: Tf<bool>,
    /// Whether the work goes on until it is interrupted.
    #[schemars(extend("x-tf" = optional().default(false)))]
    endless: Tf<bool>,
    /// How the work ended.
    #[schemars(extend("x-tf" = computed()))]
    outcome: Tf<String>,
}

pub(crate) struct SlowResource;

impl Resource for SlowResource {
    type Provider = Probe;
    type State = Slow;
    type Private = ();
    type Identity = NoIdentity;
    const TYPE_NAME: &'static str = "probe_slow";

    async fn create(
        &self,
        context: &Context<Probe>,
        request: CreateRequest<Self>,
    ) -> Result<Saved<Self>, Failed<Self>> {
        let mut slow = request.planned;
        let begun = slow.begun.known().cloned().unwrap_or_default();
        tokio::fs::write(&begun, "begun").await.map_err(|error| {
            Diagnostic::error("the work cannot begin").detail(error.to_string())
        })?;
        if slow.endless == Tf::Known(false) {
            slow.outcome = "done".into();
            return Ok(Saved::new(slow));
        }
        context.cancellation().cancelled().await;
        let interrupted = Diagnostic::error("the work was interrupted");
        if slow.leaves_object != Tf::Known(true) {
            return Err(interrupted.into());
        }
        Err(Failed::partial(Saved::new(slow), interrupted))
    }

    async fn read(
        &self,
        _context: &Context<Probe>,
        request: ReadRequest<Self>,
    ) -> Result<Read<Self>, Diagnostics> {
        Ok(Read::Keep(Saved::new(request.state)))
    }

    async fn update(
        &self,
        _context: &Context<Probe>,
        request: UpdateRequest<Self>,
    ) -> Result<Saved<Self>, Failed<Self>> {
        let mut slow = request.planned;
        slow.outcome = "changed".into();
        Ok(Saved::new(slow))
    }

    async fn delete(
        &self,
        _context: &Context<Probe>,
        _request: DeleteRequest<Self>,
    ) -> Result<(), Failed<Self>> {
        Ok(())
    }
}
