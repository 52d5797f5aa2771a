//! Ephemeral resources: values that live in memory during one walk and rest nowhere.

use std::future::{Future, ready};
use std::time::SystemTime;

use crate::{Context, Diagnostics, Model, Private, Provider};

/// A value that is made when needed and never saved.
pub trait Ephemeral: Send + Sync + 'static {
    /// The provider it belongs to.
    type Provider: Provider;
    /// Arguments and results in one model.
    type State: Model;
    /// What renew and close need to know; `()` if nothing.
    type Private: Private;
    /// For example `kubeadm_kubeconfig`.
    const TYPE_NAME: &'static str;

    /// Checks the configuration, which may hold unknown values.
    fn validate(&self, _config: &Self::State) -> Diagnostics {
        Diagnostics::new()
    }

    /// Makes the value. The arguments are wholly known.
    fn open(
        &self,
        context: &Context<Self::Provider>,
        config: Self::State,
    ) -> impl Future<Output = Result<Opened<Self>, Diagnostics>> + Send;

    /// Prolongs the value's life. Called when [`Opened::renew_at`] has come.
    fn renew(
        &self,
        _context: &Context<Self::Provider>,
        private: Self::Private,
    ) -> impl Future<Output = Result<Renewed<Self>, Diagnostics>> + Send {
        ready(Ok(Renewed { private, renew_at: None }))
    }

    /// Ends the value's life.
    fn close(
        &self,
        _context: &Context<Self::Provider>,
        _private: Self::Private,
    ) -> impl Future<Output = Result<(), Diagnostics>> + Send {
        ready(Ok(()))
    }
}

/// What [`Ephemeral::open`] made.
#[derive(Debug)]
pub struct Opened<E: Ephemeral + ?Sized> {
    /// Arguments as they were and results filled in.
    pub state: E::State,
    /// Handed to renew and close.
    pub private: E::Private,
    /// When to renew; `None` for never.
    pub renew_at: Option<SystemTime>,
}

impl<E: Ephemeral> Opened<E> {
    /// A value that needs no renewal.
    pub fn new(state: E::State) -> Self
    where
        E::Private: Default,
    {
        Self { state, private: E::Private::default(), renew_at: None }
    }
}

/// What [`Ephemeral::renew`] did.
#[derive(Debug)]
pub struct Renewed<E: Ephemeral + ?Sized> {
    /// Handed to the next renew and to close.
    pub private: E::Private,
    /// When to renew again; `None` for never.
    pub renew_at: Option<SystemTime>,
}
