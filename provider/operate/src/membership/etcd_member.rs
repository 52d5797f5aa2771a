//! A host's member of etcd: admitted before a join, waited for after it, removed before its host is
//! reset. Everything is done through the other members, one look at a time.

use super::subject::{Subject, summary};
use super::wait::{Look, Wait};
use crate::error::{ErrorKind, OperateError};
use cluster::etcd::{EtcdMember, EtcdState, MemberId, Sight, admit, dismiss};
use cluster::intent::NodeReference;
use cluster::membership::{Lasting, Refusal};
use std::time::Duration;

/// Longest time until etcd can take a member: others may be joining by hand.
const ADMISSION: Duration = Duration::from_mins(2);

/// Longest time until a new member has what the others have, and is promoted.
const PROMOTION: Duration = Duration::from_mins(3);

/// Longest time until another member leads, or a removed one is gone.
const CHANGE: Duration = Duration::from_mins(1);

/// What a look at etcd asks for. A change that was asked for is looked for, whatever the answer.
enum Next {
    /// Nothing: it is as it should be.
    Nothing,
    /// Another look.
    Look(String),
    /// The removal of a member.
    Remove(MemberId),
    /// Another leader.
    Lead(MemberId),
}

impl Subject<'_> {
    /// What is seen of etcd through the control plane's hosts.
    pub(crate) async fn etcd_sight(&self) -> Result<Sight, OperateError> {
        self.operator.etcd_sight(self.cluster(), self.ways().hosts, self.cancel).await
    }

    /// Waits until etcd can take one more member, and removes what an earlier run of this host has
    /// left in it.
    pub(crate) async fn admit_member(&self) -> Result<(), OperateError> {
        let addresses = self.addresses().await;
        let wait = self.wait("etcd to be able to take one more member", ADMISSION);
        self.until(wait, &self.peers(), |state| {
            self.decided(admit(state, self.name(), &addresses), |admission| {
                admission.leftovers.first().map_or(Next::Nothing, |member| Next::Remove(*member))
            })
        })
        .await
    }

    /// Waits until the host's member votes and serves.
    pub(crate) async fn await_voter(&self) -> Result<(), OperateError> {
        let addresses = self.addresses().await;
        let wait = self.wait("the host's member of etcd to be a voter that serves", PROMOTION);
        self.until(wait, self.ways().hosts, |state| {
            let serves = state.serves_on(self.name(), &addresses);
            Ok(if serves && state.failure_tolerance().is_some() {
                Next::Nothing
            } else {
                Next::Look(of_host(state, self.name(), &addresses))
            })
        })
        .await
    }

    /// Hands leadership to a member that stays.
    pub(crate) async fn move_leader(&self) -> Result<(), OperateError> {
        let addresses = self.addresses().await;
        let wait = self.wait("another member to lead etcd", CHANGE);
        self.until(wait, self.ways().hosts, |state| {
            self.decided(dismiss(state, self.name(), &addresses), |dismissal| {
                dismissal.successor.map_or(Next::Nothing, Next::Lead)
            })
        })
        .await
    }

    /// Removes the host's member through one that stays, and requires that it is gone. The host's
    /// own API server is of no use from now on.
    pub(crate) async fn remove_member(&self) -> Result<(), OperateError> {
        let addresses = self.addresses().await;
        self.operator.membership().connections.forget(self.node());
        let wait = self.wait("the host's member of etcd to be gone", CHANGE);
        self.until(wait, &self.peers(), |state| {
            self.decided(dismiss(state, self.name(), &addresses), |dismissal| {
                match dismissal.members.first() {
                    Some(member) => Next::Remove(*member),
                    None if state.failure_tolerance().is_some() => Next::Nothing,
                    None => Next::Look("the members that stay have no majority".to_owned()),
                }
            })
        })
        .await
    }

    /// Requires that the others have no member of this host, whatever removed it. When none of them
    /// is there any more, nothing is left to be asked.
    pub(crate) async fn has_left_etcd(&self) -> Result<(), OperateError> {
        if self.cluster().etcd.external().is_some() {
            return Ok(());
        }
        let addresses = self.addresses().await;
        let looked = self.operator.etcd(self.cluster(), &self.peers(), self.cancel).await;
        let Ok((_, state)) = looked else { return Ok(()) };
        if state.of_host(self.name(), &addresses).next().is_none() {
            return Ok(());
        }
        let error = OperateError::new("look at etcd after the reset", ErrorKind::Goal);
        Err(error
            .note(of_host(&state, self.name(), &addresses))
            .advise("apply again, which removes it first"))
    }

    fn wait<'w>(&'w self, what: &'w str, limit: Duration) -> Wait<'w> {
        Wait { what, limit, cancel: self.cancel }
    }

    /// Looks at etcd through whoever of `ways` answers, and asks for what follows, until nothing
    /// does.
    async fn until(
        &self,
        wait: Wait<'_>,
        ways: &[NodeReference],
        next: impl Fn(&EtcdState) -> Result<Next, OperateError> + Sync,
    ) -> Result<(), OperateError> {
        wait.until(|| async {
            let (etcd, state) = match self.operator.etcd(self.cluster(), ways, self.cancel).await {
                Ok(seen) => seen,
                Err(error) if error.is_cancelled() => return Err(error),
                Err(error) => return Ok(Look::NotYet(summary(&error))),
            };
            let (asked, what) = match next(&state)? {
                Next::Nothing => return Ok(Look::Met(())),
                Next::Look(seen) => return Ok(Look::NotYet(seen)),
                Next::Remove(member) => {
                    tracing::info!(host = self.name(), %member, "removing a member of etcd");
                    (etcd.remove(member).await, "the removal of the host's member was asked for")
                }
                Next::Lead(member) => {
                    tracing::info!(host = self.name(), %member, "moving the leadership of etcd");
                    (etcd.lead_by(&state, member).await, "another leader was asked for")
                }
            };
            Ok(Look::NotYet(asked.map_or_else(|error| error.to_string(), |()| what.to_owned())))
        })
        .await
    }

    /// What may pass is waited for, the rest ends the step.
    fn decided<T>(
        &self,
        decided: Result<T, Refusal>,
        next: impl FnOnce(T) -> Next,
    ) -> Result<Next, OperateError> {
        match decided {
            Ok(decided) => Ok(next(decided)),
            Err(refusal) if refusal.lasting == Lasting::ForNow => Ok(Next::Look(refusal.text)),
            Err(refusal) => Err(self.refused(refusal)),
        }
    }
}

/// How etcd sees the members of a host.
fn of_host(state: &EtcdState, name: &str, addresses: &[String]) -> String {
    let shown = |member: &EtcdMember| {
        let title = member.title();
        match (member.is_healthy(), member.vote == cluster::etcd::Vote::Voter) {
            (_, false) => format!("etcd's member {title} is a learner still"),
            (false, true) => format!("etcd's member {title} does not serve"),
            (true, true) => format!("etcd's member {title} serves"),
        }
    };
    let members: Vec<String> = state.of_host(name, addresses).map(shown).collect();
    if members.is_empty() {
        "etcd has no member of the host".to_owned()
    } else {
        members.join("; ")
    }
}
