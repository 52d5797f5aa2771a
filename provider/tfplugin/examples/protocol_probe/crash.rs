//! A resource that fails as it is told.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tfplugin::attribute::computed;
use tfplugin::{
    Context, CreateRequest, DeleteRequest, Diagnostic, Diagnostics, Failed, NoIdentity, Path, Plan,
    PlanRequest, Read, ReadRequest, Resource, Saved, Tf, UpdateRequest,
};

use super::Probe;

/// Something that goes wrong.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
pub(crate) struct Crash {
    /// Which operation goes wrong.
    at: Tf<Operation>,
    /// How it goes wrong.
    how: Tf<Manner>,
    /// Something to change.
    value: Tf<String>,
    /// Filled in.
    #[schemars(extend("x-tf" = computed()))]
    result: Tf<String>,
}

/// What can go wrong.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Operation {
    Validate,
    Plan,
    Create,
    Read,
    Update,
    Delete,
}

/// How something can go wrong.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Manner {
    /// A panic.
    Panic,
    /// An error.
    Error,
    /// An error that leaves a partial object.
    PartialError,
    /// A success that leaves something unknown.
    Unknown,
    /// A success that is not what was planned.
    OtherValue,
    /// The object is no more.
    Gone,
}

impl Crash {
    #[expect(clippy::panic, reason = "this is what is tested")]
    fn go(&self, operation: Operation) -> Result<(), Diagnostic> {
        if self.at != Tf::Known(operation) {
            return Ok(());
        }
        match self.how {
            Tf::Known(Manner::Panic) => panic!("told to panic at {operation:?}"),
            Tf::Known(Manner::Error | Manner::PartialError) => {
                let failure = Diagnostic::error(format!("told to fail at {operation:?}"));
                Err(failure.at(Path::of(["value"])))
            }
            _ => Ok(()),
        }
    }

    fn changed(
        mut self,
        operation: Operation,
    ) -> Result<Saved<CrashResource>, Failed<CrashResource>> {
        let here = self.at == Tf::Known(operation);
        match (self.go(operation), &self.how) {
            (Err(failure), Tf::Known(Manner::PartialError)) => {
                return Err(Failed::partial(Saved::new(self), failure));
            }
            (failed, _) => failed?,
        }
        self.result = "done".into();
        match self.how {
            Tf::Known(Manner::Unknown) if here => self.result = Tf::Unknown,
            Tf::Known(Manner::OtherValue) if here => self.value = "something else".into(),
            _ => {}
        }
        Ok(Saved::new(self))
    }
}

pub(crate) struct CrashResource;

impl Resource for CrashResource {
    type Provider = Probe;
    type State = Crash;
    type Private = ();
    type Identity = NoIdentity;
    const TYPE_NAME: &'static str = "probe_crash";

    fn validate(&self, config: &Crash) -> Diagnostics {
        config.go(Operation::Validate).err().into_iter().collect()
    }

    async fn plan(
        &self,
        _context: &Context<Probe>,
        request: &PlanRequest<Self>,
        _plan: &mut Plan<Self>,
    ) -> Result<(), Diagnostics> {
        Ok(request.config.go(Operation::Plan)?)
    }

    async fn create(
        &self,
        _context: &Context<Probe>,
        request: CreateRequest<Self>,
    ) -> Result<Saved<Self>, Failed<Self>> {
        request.planned.changed(Operation::Create)
    }

    async fn read(
        &self,
        context: &Context<Probe>,
        request: ReadRequest<Self>,
    ) -> Result<Read<Self>, Diagnostics> {
        let crash = request.state;
        crash.go(Operation::Read)?;
        context.warn(Diagnostic::warning("looked at something that may crash"));
        if (crash.at, crash.how) == (Tf::Known(Operation::Read), Tf::Known(Manner::Gone)) {
            return Ok(Read::Gone);
        }
        Ok(Read::Keep(Saved::new(crash)))
    }

    async fn update(
        &self,
        _context: &Context<Probe>,
        request: UpdateRequest<Self>,
    ) -> Result<Saved<Self>, Failed<Self>> {
        request.planned.changed(Operation::Update)
    }

    async fn delete(
        &self,
        _context: &Context<Probe>,
        request: DeleteRequest<Self>,
    ) -> Result<(), Failed<Self>> {
        Ok(request.state.go(Operation::Delete)?)
    }
}
