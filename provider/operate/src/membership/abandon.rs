//! What is left of a membership that no resource removes is taken off a host that is given back.

use super::departure::Departed;
use super::subject::summary;
use super::ways::Ways;
use crate::error::{ErrorKind, OperateError};
use crate::site::Site;
use cluster::documents::{CONTAINERD_SOCKET, ResetContext};
use cluster::etcd::Sight;
use cluster::intent::DrainMode;
use cluster::membership::api::{Api, ApiState};
use cluster::membership::check::Facts;
use cluster::membership::leave::{Departure, LeaveSituation, plan};
use cluster::membership::{Claim, Entry, HostState, Step, abandoned};
use std::collections::BTreeSet;

/// Why the API of a cluster that was to be joined is not asked.
const NO_WAY: &str = "a join that did not come to its end leaves no way into the cluster";

/// Why no API is asked of what was reset.
const RESET: &str = "the host carries no cluster any more";

impl Site<'_> {
    /// Takes off the host what was begun and never finished, once a run that still goes on has
    /// ended, and what a reset by hand has left.
    ///
    /// # Errors
    /// When the host is in a cluster that was finished or is not ours, when other nodes are in the
    /// unfinished one, or when a step fails.
    pub(crate) async fn abandon(&self) -> Result<Departed, OperateError> {
        if self.state().await?.claim.is_some_and(|claim| claim.ca_hash.is_none()) {
            self.settle().await?;
        }
        let host = self.state().await?;
        let claim = abandoned(&self.node.name, &host).map_err(|refusal| self.refused(refusal))?;
        let Some(claim) = claim else { return Ok(Departed::default()) };
        let _turn = self.operator.membership().locks.hold(&claim.cluster_id, self.cancel).await?;
        tracing::warn!(host = %self.node.name, "taking off what is left of a membership");
        let Departure { steps, mut warnings } = self.departure_of(claim, &host).await?;
        if !host.carries_cluster() {
            warnings.clear();
        }
        for (index, step) in steps.iter().enumerate() {
            let work = Box::pin(self.take_off(*step, claim));
            self.membership_step(*step, (index, steps.len()), work).await?;
        }
        Ok(Departed { warnings })
    }

    async fn departure_of(
        &self,
        claim: &Claim,
        host: &HostState,
    ) -> Result<Departure, OperateError> {
        let api = if host.carries_cluster() {
            self.unfinished_api(claim).await?
        } else {
            Api::Silent(RESET.to_owned())
        };
        // Members of etcd of others cannot be seen from here; kubeadm reset asks them itself.
        let etcd = Sight::Silent(NO_WAY.to_owned());
        let machine_id = self.node.machine_id.as_deref();
        let situation = LeaveSituation {
            cluster_id: &claim.cluster_id,
            host_name: &self.node.name,
            role: claim.role,
            machine_id,
            host: Ok(host),
            addresses: &[],
            peers: &[],
            api: &api,
            etcd: &etcd,
            serves_endpoint: false,
            drain: DrainMode::Skip,
        };
        let departure = plan(situation).map_err(|refusal| self.refused(refusal))?;
        self.sound(
            &departure.steps,
            Facts {
                cluster_id: &claim.cluster_id,
                host_name: &self.node.name,
                addresses: &[],
                host: Some(host),
                machine_id,
                peers: &[],
                ca_hash: api.ca_hash(),
                api: &api,
                etcd: &etcd,
            },
        )?;
        Ok(departure)
    }

    /// The API that `kubeadm init` may have got to start on the host.
    async fn unfinished_api(&self, claim: &Claim) -> Result<Api, OperateError> {
        if claim.entry == Entry::Join {
            return Ok(Api::Silent(NO_WAY.to_owned()));
        }
        let hosts = std::slice::from_ref(self.node);
        let ways = Ways { cluster_id: Some(&claim.cluster_id), hosts };
        let kubernetes = match self.operator.kubernetes(ways, self.cancel).await {
            Ok(kubernetes) => kubernetes,
            Err(error) if error.is_cancelled() => return Err(error),
            Err(error) => return Ok(Api::Silent(summary(&error))),
        };
        let names = kubernetes.nodes().await?.into_iter().filter_map(|node| node.metadata.name);
        Ok(Api::Answering(ApiState {
            ca_hash: kubernetes.ca_hash(),
            other_nodes: names.filter(|name| *name != self.node.name).collect(),
            ..ApiState::default()
        }))
    }

    async fn take_off(&self, step: Step, claim: &Claim) -> Result<(), OperateError> {
        match step {
            Step::Reset => {
                self.reset_as(&ResetContext {
                    cri_socket: CONTAINERD_SOCKET.to_owned(),
                    certificates_dir: claim.certificates_dir.clone(),
                    ignore_preflight_errors: BTreeSet::new(),
                })
                .await
            }
            Step::CleanUp => self.clean_up().await,
            Step::RemovePackages => self.remove_packages().await,
            Step::Disclaim => self.disclaim().await,
            step => Err(OperateError::new(format!("take step {step}"), ErrorKind::Defect)),
        }
    }
}
