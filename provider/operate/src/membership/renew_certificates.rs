//! Renewal of the certificates that end soon.

use super::container_starts::Start;
use super::kubeadm::unwritten;
use super::subject::Subject;
use super::wait::{Look, Wait};
use crate::error::{ErrorKind, OperateError};
use cluster::observed::Observed;
use cluster::renewal::{Renewable, due, readers};
use cluster::static_pod::Component;
use host::{Command, FileWrite};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::time::Duration;

/// `$1` the configuration, then the certificates' names.
const RENEW: &str = r#"
configuration=$1
shift
for name; do
    kubeadm certs renew "$name" --config "$configuration" >/dev/null || exit 1
done"#;

const CONFIGURATION: &str = "/run/terraform-provider-kubeadm/kubeadm-certs.yaml";

const INTENT: &str = "renew certificates";

/// Ends the process of a component, `$1`, in its newest pod, and nobody else's of that name: the kubelet
/// starts the container again.
const END: &str = r#"
last=$(ls -t /var/log/pods/kube-system_"$1"-*/"$1"/*.log 2>/dev/null | head -n 1)
pod=${last%/*/*}
uid=${pod##*_}
[ -n "$uid" ] || exit 1
for process in /proc/[0-9]*; do
    grep -qs "$uid" "$process/cgroup" || continue
    case $(tr '\0' ' ' <"$process/cmdline") in
    "$1 "*) kill -TERM "${process#/proc/}" && exit 0 ;;
    esac
done
exit 1"#;

const LIMIT: Duration = Duration::from_mins(2);

/// Longest time until a component has started anew and serves.
const RESTART: Duration = Duration::from_mins(4);

impl Subject<'_> {
    /// The certificates of kubeadm's on the host that are to be renewed.
    pub(super) fn due(&self, observed: &Observed) -> Vec<Renewable> {
        let Some(before) = self.cluster().renew_before else { return Vec::new() };
        let ends = observed.kubernetes.certificate_ends();
        due(&ends, self.cluster().certificates_directory(), before, Timestamp::now())
    }

    /// Renews the certificates that are due, and restarts those components that read them or such as
    /// an earlier apply renewed, one after the other.
    pub(super) async fn renew_certificates(&self) -> Result<(), OperateError> {
        let due = self.due(&*self.look().await?);
        let owed = self.state().await?.claim.map(|claim| claim.restarts).unwrap_or_default();
        let mut restarts: BTreeSet<Component> = owed.union(&readers(&due)).copied().collect();
        if !due.is_empty() {
            self.note_restarts(&restarts).await?;
            self.renew_due(&due).await?;
        }
        while let Some(component) = restarts.first().copied() {
            self.restart_component(component).await?;
            restarts.remove(&component);
            self.note_restarts(&restarts).await?;
        }
        Ok(())
    }

    /// Renews certificates, and requires that none is due any more.
    async fn renew_due(&self, due: &[Renewable]) -> Result<(), OperateError> {
        let document = self.phase_documents().await?.map_err(unwritten)?;
        let file = FileWrite::new(CONFIGURATION, document.expose()).mode(0o600);
        self.write(INTENT, &file).await?;
        let names = due.iter().map(|certificate| certificate.name);
        let command = Command::script(RENEW).arg(CONFIGURATION).args(names).timeout(LIMIT);
        let renewed = self.require(INTENT, &command).await;
        self.remove(INTENT, CONFIGURATION).await?;
        renewed?;
        self.require_renewed().await?;
        self.operator.membership().connections.forget(self.node());
        Ok(())
    }

    async fn require_renewed(&self) -> Result<(), OperateError> {
        let left = self.due(&*self.look().await?);
        if left.is_empty() {
            return Ok(());
        }
        let names: Vec<&str> = left.iter().map(|certificate| certificate.name).collect();
        let note = format!("these still end soon: {}", names.join(", "));
        Err(OperateError::new(INTENT, ErrorKind::Goal).note(note))
    }

    /// Ends a component, and waits until its kubelet has started it again and it serves.
    async fn restart_component(&self, component: Component) -> Result<(), OperateError> {
        if component == Component::Etcd {
            self.may_restart_etcd().await?;
        }
        let former = self.last_start(component).await;
        let intent = format!("restart {component}");
        self.require(&intent, &Command::script(END).arg(component.name())).await?;
        self.await_start(component, former.as_ref()).await?;
        match component {
            Component::Etcd => self.await_voter().await,
            Component::KubeApiserver => self.await_api_server().await,
            Component::KubeControllerManager | Component::KubeScheduler => Ok(()),
        }
    }

    async fn await_start(
        &self,
        component: Component,
        former: Option<&Start>,
    ) -> Result<(), OperateError> {
        let what = format!("{component} to start anew");
        let wait = Wait { what: &what, limit: RESTART, cancel: self.cancel };
        wait.until(|| async {
            let start = self.last_start(component).await;
            Ok(match start {
                Some(start) if start.since(former) > 0 => Look::Met(()),
                _ => Look::NotYet("its container has not started again".to_owned()),
            })
        })
        .await
    }
}
