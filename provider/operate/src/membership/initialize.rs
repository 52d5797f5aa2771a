//! `kubeadm init`, and the wait for its API server.

use super::kubeadm::Verb;
use super::subject::Subject;
use super::token::LIFE;
use super::wait::{Look, Wait};
use crate::error::{ErrorKind, OperateError};
use cluster::documents::{InitContext, init_documents};
use cluster::intent::MembershipIntent;
use cluster::membership::InitPhases;
use cluster::membership::api::Bootstrap;
use cluster::token::BootstrapToken;
use std::time::Duration;

/// Longest time until an API server whose static pod exists is ready.
const API_SERVER: Duration = Duration::from_mins(4);

/// Longest time until the objects that kubeadm has made are seen.
const OBJECTS: Duration = Duration::from_secs(30);

impl Subject<'_> {
    /// Runs the phases, and requires that what they make is there.
    pub(crate) async fn initialize(&self, phases: InitPhases) -> Result<(), OperateError> {
        let MembershipIntent::Member(intent) = self.intent else { return Err(self.not_a_member()) };
        let token = BootstrapToken::generate(&mut rand::rng());
        let context = InitContext {
            host: self.context().await?,
            token: token.clone(),
            token_life: LIFE,
            skip_phases: phases.skipped().iter().map(|phase| (*phase).to_owned()).collect(),
        };
        self.write_patches().await?;
        let run = self.kubeadm(Verb::Init, init_documents(intent, &context)).await;
        self.operator.membership().connections.forget(self.node());
        self.revoke_own(&token).await;
        run?;
        self.await_objects().await
    }

    /// kubeadm puts a token into the new cluster; nobody needs it.
    async fn revoke_own(&self, token: &BootstrapToken) {
        if let Ok(kubernetes) = self.kubernetes().await {
            kubernetes.revoke(token).await;
        }
    }

    async fn await_objects(&self) -> Result<(), OperateError> {
        let what = "the cluster's configuration, info and addons in its API";
        let wait = Wait { what, limit: OBJECTS, cancel: self.cancel };
        wait.until(|| async {
            let facts = self.api().await?;
            Ok(match facts.answering().map(|state| state.bootstrap) {
                Some(Bootstrap::Finished) => Look::Met(()),
                Some(Bootstrap::Unfinished) => Look::NotYet("some of them are missing".to_owned()),
                None => Look::NotYet("the API server does not answer".to_owned()),
            })
        })
        .await
    }

    /// Waits until the host's own API server says that it is ready.
    pub(crate) async fn await_api_server(&self) -> Result<(), OperateError> {
        self.operator.await_api_server(self.own_way(), API_SERVER, self.cancel).await
    }

    pub(super) fn not_a_member(&self) -> OperateError {
        let intent = format!("initialize a cluster on the worker {}", self.name());
        OperateError::new(intent, ErrorKind::Configuration)
    }
}
