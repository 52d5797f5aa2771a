//! What a departure has to say of what it left undone.

use super::LeaveSituation;
use crate::etcd::Sight;
use crate::finding::Finding;
use crate::membership::api::Api;
use crate::membership::claim::Role;

/// The API's part was not done.
pub(super) fn api_silent(host: &str, reason: &str) -> Finding {
    Finding::warning("PW-API-SILENT", format!("the node object {host} was left in the cluster"))
        .because(format!("no API server of the cluster answered: {reason}"))
        .advise(format!("when the cluster comes back, run `kubectl delete node {host}`"))
}

/// The host's part was not done; `reason` names the host and how it fails.
pub(super) fn host_silent(situation: LeaveSituation<'_>, reason: &str) -> Finding {
    let host = situation.host_name;
    let later = format!(
        "if the machine of {host} still exists, it holds credentials of the cluster and goes on as before: run `kubeadm reset` on it, or wipe it, before it is used again"
    );
    match (situation.role, situation.api) {
        (Role::ControlPlane, Api::Answering(_)) => {
            let what = format!("control plane member {host} was removed from the cluster only");
            let advice = format!("{later}. It also holds the keys of the cluster's CAs");
            Finding::warning("PW-HOST-SILENT", what).because(not_done(reason)).advise(advice)
        }
        (Role::ControlPlane, Api::Silent(_)) => {
            let what = format!("control plane member {host} was removed from the state only");
            Finding::warning("PW-HOST-SILENT", what).because(not_done(reason)).advise(later)
        }
        (Role::Worker, Api::Answering(_)) => {
            let what = format!("{host} was removed from the cluster only");
            Finding::warning("PW-HOST-SILENT", what).because(not_done(reason)).advise(later)
        }
        (Role::Worker, Api::Silent(api)) => {
            let what = format!("worker {host} was removed from the state only");
            let why = format!(
                "{}. No API server of the cluster answered either: {api}",
                not_done(reason)
            );
            let advice =
                format!("{later}; when the cluster comes back, run `kubectl delete node {host}`");
            Finding::warning("PW-ALL-SILENT", what).because(why).advise(advice)
        }
    }
}

fn not_done(reason: &str) -> String {
    format!("nothing was done on the host: {reason}")
}

/// What the cluster kept in an etcd that is not ours stays there.
pub(super) fn external_data(situation: LeaveSituation<'_>) -> Option<Finding> {
    let external = *situation.etcd == Sight::External;
    external.then(|| {
        let what = "the external etcd keeps the data of the cluster".to_owned();
        Finding::warning("PW-EXTERNAL-ETCD-DATA", what)
            .because("kubeadm reset leaves an etcd alone that runs on servers of its own".to_owned())
            .advise("before another cluster uses it, delete what is below /registry with `etcdctl del --prefix /registry/`".to_owned())
    })
}

/// The node object is another machine's, and with it what etcd has of its name.
pub(super) fn other_node(host: &str, machine_id: &str) -> Finding {
    Finding::warning("PW-OTHER-NODE", format!("the node object {host} was left alone"))
        .because(format!("it belongs to another machine by now (machine id {machine_id})"))
}

/// The host is another machine.
pub(super) fn other_machine(host: &str) -> Finding {
    Finding::warning(
        "PW-OTHER-MACHINE",
        format!("the machine that answers for {host} was left alone"),
    )
    .because("it has another machine id than the one that joined the cluster".to_owned())
}

/// The host carries another cluster.
pub(super) fn foreign(host: &str, found: &str) -> Finding {
    Finding::warning("PW-FOREIGN-CLUSTER", format!("host {host} was left alone"))
        .because(format!("it belongs to another cluster: {found}"))
}

/// The host carries nothing.
pub(super) fn clean(host: &str) -> Finding {
    Finding::info("PW-NOTHING-LEFT", format!("nothing was left to remove on host {host}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intent::DrainMode;
    use crate::membership::api::ApiState;

    const REASON: &str = "cannot reach root@10.0.0.2: no answer within 10s";

    fn told(role: Role, api: &Api) -> Finding {
        let situation = LeaveSituation {
            cluster_id: "ours",
            host_name: "w1",
            role,
            machine_id: None,
            host: Err(REASON),
            addresses: &[],
            peers: &[],
            api,
            etcd: &Sight::Silent(String::new()),
            drain: DrainMode::Evict,
            serves_endpoint: false,
        };
        host_silent(situation, REASON)
    }

    #[test]
    fn a_silent_host_is_told_with_its_reason_and_what_to_do() {
        let (there, silent) =
            (Api::Answering(ApiState::default()), Api::Silent("refused".to_owned()));
        for (role, api, summary) in [
            (Role::Worker, &there, "w1 was removed from the cluster only"),
            (Role::Worker, &silent, "worker w1 was removed from the state only"),
            (
                Role::ControlPlane,
                &there,
                "control plane member w1 was removed from the cluster only",
            ),
            (
                Role::ControlPlane,
                &silent,
                "control plane member w1 was removed from the state only",
            ),
        ] {
            let finding = told(role, api);
            assert_eq!(finding.summary, summary);
            let reason = format!("nothing was done on the host: {REASON}");
            assert!(finding.detail.starts_with(&reason), "{finding:?}");
            assert!(
                finding.advice.contains("run `kubeadm reset` on it, or wipe it"),
                "{finding:?}"
            );
        }
        let both = told(Role::Worker, &silent);
        assert!(both.detail.ends_with("answered either: refused"), "{both:?}");
        assert!(both.advice.ends_with("`kubectl delete node w1`"), "{both:?}");
    }
}
