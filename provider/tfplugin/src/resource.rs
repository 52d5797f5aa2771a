//! Resources: objects that are made, kept true and removed.

use std::future::{Future, ready};

use crate::{Context, Diagnostic, Diagnostics, Model, Path, Private, Provider};

/// A managed object.
///
/// Only create, read, update and delete have to be written. All calls may run at the same time
/// for different objects. A panic in any of them becomes an error and loses no state.
pub trait Resource: Sized + Send + Sync + 'static {
    /// The provider it belongs to.
    type Provider: Provider;
    /// Arguments and computed attributes in one model.
    type State: Model;
    /// What is kept beside the state, unseen by the user; `()` if nothing.
    type Private: Private;
    /// What tells the object apart from all others; [`crate::NoIdentity`] if nothing.
    type Identity: Model;
    /// For example `kubeadm_node`.
    const TYPE_NAME: &'static str;
    /// Version of the state's form; a change needs [`Resource::upgrade`].
    const VERSION: i64 = 0;
    /// Version of the identity's form.
    const IDENTITY_VERSION: i64 = 0;

    /// Checks the configuration, which may hold unknown values. Called several times.
    fn validate(&self, _config: &Self::State) -> Diagnostics {
        Diagnostics::new()
    }

    /// Adjusts the plan of a create or an update; must be pure.
    ///
    /// On entry `plan.state` is the configuration with defaults, and computed attributes hold
    /// their prior value. If the result equals the prior state, nothing is to be done. Otherwise
    /// the hook is called again with computed attributes unknown (except `stable` ones), and may
    /// set those it can tell. So it must come to the same decisions both times, and again during
    /// apply, when more of the configuration is known. For a create it is called once.
    ///
    /// An attribute that the configuration gives may be set back to its prior value only.
    fn plan(
        &self,
        _context: &Context<Self::Provider>,
        _request: &PlanRequest<Self>,
        _plan: &mut Plan<Self>,
    ) -> impl Future<Output = Result<(), Diagnostics>> + Send {
        ready(Ok(()))
    }

    /// Looks at the plan of a removal: may warn by [`Context::warn`] or refuse.
    fn plan_destroy(
        &self,
        _context: &Context<Self::Provider>,
        _prior: &Self::State,
    ) -> impl Future<Output = Result<(), Diagnostics>> + Send {
        ready(Ok(()))
    }

    /// Makes the object and fills in what the plan left unknown.
    ///
    /// An error without a state means that nothing is saved; with a state, the object is saved
    /// as tainted and replaced by the next apply.
    fn create(
        &self,
        context: &Context<Self::Provider>,
        request: CreateRequest<Self>,
    ) -> impl Future<Output = Result<Saved<Self>, Failed<Self>>> + Send;

    /// Finds out what is true now. After an error the prior state stays. While the provider's
    /// configuration is unknown it is not called and the prior state stays.
    fn read(
        &self,
        context: &Context<Self::Provider>,
        request: ReadRequest<Self>,
    ) -> impl Future<Output = Result<Read<Self>, Diagnostics>> + Send;

    /// Changes the object as planned. An error with a state saves that state, without one the
    /// prior state stays.
    fn update(
        &self,
        context: &Context<Self::Provider>,
        request: UpdateRequest<Self>,
    ) -> impl Future<Output = Result<Saved<Self>, Failed<Self>>> + Send;

    /// Removes the object. There is no configuration. An error with a state saves that state,
    /// without one the prior state stays.
    fn delete(
        &self,
        context: &Context<Self::Provider>,
        request: DeleteRequest<Self>,
    ) -> impl Future<Output = Result<(), Failed<Self>>> + Send;

    /// Takes over an object that exists already. The state needs only what read needs to find
    /// it; a read follows.
    fn import(
        &self,
        _context: &Context<Self::Provider>,
        _import: Import<Self>,
    ) -> impl Future<Output = Result<Imported<Self>, Diagnostics>> + Send {
        ready(Err(Diagnostic::error(format!("{} cannot be imported", Self::TYPE_NAME)).into()))
    }

    /// What tells this object apart; `None` while that is not known.
    fn identity(_state: &Self::State) -> Option<Self::Identity> {
        None
    }

    /// Brings a state of an older version into the form of [`Resource::VERSION`]. Attributes
    /// that the model does not know are dropped afterwards, missing ones are null.
    ///
    /// # Errors
    /// When that cannot be done.
    fn upgrade(
        from_version: i64,
        _state: serde_json::Value,
    ) -> Result<serde_json::Value, Diagnostics> {
        Err(Diagnostic::error(format!(
            "the state of {} has version {from_version}, which this provider cannot read",
            Self::TYPE_NAME
        ))
        .into())
    }

    /// Takes over the state of another resource type for a `moved` block, as the JSON form of
    /// this type's state; `None` if it is not one that can be taken over.
    ///
    /// # Errors
    /// When the state makes no sense.
    fn move_from(_request: MoveRequest) -> Result<Option<serde_json::Value>, Diagnostics> {
        Ok(None)
    }
}

/// What a plan is made from.
#[derive(Clone, Debug)]
pub struct PlanRequest<R: Resource> {
    /// The configuration as written; write-only values included.
    pub config: R::State,
    /// The state before; `None` for a create.
    pub prior: Option<R::State>,
}

/// A plan in the making.
#[derive(Clone, Debug)]
pub struct Plan<R: Resource> {
    /// What is to be after apply.
    pub state: R::State,
    /// Attributes whose change makes a new object, besides those marked so. A path that does
    /// not change is ignored.
    pub requires_replace: Vec<Path>,
    /// On entry what was kept beside the prior state; on return what create or update is given.
    pub private: R::Private,
}

/// What [`Resource::create`] is to do.
#[derive(Clone, Debug)]
pub struct CreateRequest<R: Resource> {
    /// The configuration as written, wholly known; write-only values included.
    pub config: R::State,
    /// The plan: fill in what is unknown, keep the rest.
    pub planned: R::State,
    /// What [`Resource::plan`] left in [`Plan::private`].
    pub private: R::Private,
}

/// What [`Resource::read`] is to look at.
#[derive(Clone, Debug)]
pub struct ReadRequest<R: Resource> {
    /// The state before.
    pub state: R::State,
    /// What is kept beside the state.
    pub private: R::Private,
}

/// What [`Resource::update`] is to do.
#[derive(Clone, Debug)]
pub struct UpdateRequest<R: Resource> {
    /// The configuration as written, wholly known; write-only values included.
    pub config: R::State,
    /// The state before.
    pub prior: R::State,
    /// The plan: fill in what is unknown, keep the rest.
    pub planned: R::State,
    /// What [`Resource::plan`] left in [`Plan::private`].
    pub private: R::Private,
}

/// What [`Resource::delete`] is to remove.
#[derive(Clone, Debug)]
pub struct DeleteRequest<R: Resource> {
    /// The state before.
    pub state: R::State,
    /// What is kept beside the state.
    pub private: R::Private,
}

/// What is saved.
#[derive(Clone, Debug)]
pub struct Saved<R: Resource> {
    /// The state; write-only attributes are nulled by the library.
    pub state: R::State,
    /// What is kept beside it.
    pub private: R::Private,
}

impl<R: Resource> Saved<R> {
    /// A state with empty private data.
    pub fn new(state: R::State) -> Self {
        Self { state, private: R::Private::default() }
    }

    /// The same with private data.
    #[must_use]
    pub fn private(self, private: R::Private) -> Self {
        Self { private, ..self }
    }
}

/// What [`Resource::read`] found.
#[derive(Clone, Debug)]
pub enum Read<R: Resource> {
    /// Proof that the object is no more: it leaves the state.
    Gone,
    /// The object as it is now.
    Keep(Saved<R>),
}

/// How a change failed.
#[derive(Clone, Debug)]
pub struct Failed<R: Resource> {
    /// What became true nonetheless; values still unknown are saved as null.
    pub saved: Option<Box<Saved<R>>>,
    /// Why; holds at least one error.
    pub diagnostics: Diagnostics,
}

impl<R: Resource> Failed<R> {
    /// A failure that leaves a partial state.
    pub fn partial(saved: Saved<R>, diagnostics: impl Into<Diagnostics>) -> Self {
        Self { saved: Some(Box::new(saved)), diagnostics: diagnostics.into() }
    }
}

impl<R: Resource> From<Diagnostics> for Failed<R> {
    fn from(diagnostics: Diagnostics) -> Self {
        Self { saved: None, diagnostics }
    }
}

impl<R: Resource> From<Diagnostic> for Failed<R> {
    fn from(diagnostic: Diagnostic) -> Self {
        Diagnostics::from(diagnostic).into()
    }
}

/// What an import names.
#[derive(Clone, Debug)]
pub enum Import<R: Resource> {
    /// The text of the import command or block.
    Id(String),
    /// The identity of the import block.
    Identity(R::Identity),
}

/// What [`Resource::import`] made of it.
pub type Imported<R> = Saved<R>;

/// The state of another resource type that a `moved` block names.
#[derive(Clone, Debug)]
pub struct MoveRequest {
    /// Address of the provider it comes from.
    pub source_provider: String,
    /// Its resource type.
    pub source_type: String,
    /// The version of its form.
    pub source_version: i64,
    /// The state itself.
    pub source_state: serde_json::Value,
}
