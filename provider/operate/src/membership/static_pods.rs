//! Static pods of the control plane: brought to what kubeadm renders, and waited for.

use super::container_starts::Start;
use super::manifests::Rendered;
use super::subject::{Subject, summary};
use super::wait::{Look, Wait};
use crate::error::{ErrorKind, OperateError};
use crate::kubernetes::{Kubernetes, api_error};
use cluster::etcd::{Sight, restart};
use cluster::membership::Refusal;
use cluster::static_pod::{
    Component, StaticPod, awaited, hash, is_ready, mirrors, with_bootstrap_arguments,
};
use host::{Command, FileWrite};
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use std::time::Duration;

/// Longest time until all run anew; what kubeadm allows for one.
const LIMIT: Duration = Duration::from_mins(5);

/// A component that is to run anew.
struct Renewed {
    component: Component,
    /// By what the kubelet tells its former manifest apart, if it had taken that up.
    former_hash: Option<String>,
    /// The former manifest, if there was one that ran well.
    former: Option<String>,
    /// The last start of its container with that.
    start: Option<Start>,
}

impl Subject<'_> {
    /// Renews certificates, then manifests.
    pub(crate) async fn renew_control_plane(&self) -> Result<(), OperateError> {
        self.renew_certificates().await?;
        Box::pin(self.render_manifests()).await
    }

    /// Writes the manifests that differ from what kubeadm renders, and requires that all of them
    /// run. When one does not, those that did before get their former manifests back.
    async fn render_manifests(&self) -> Result<(), OperateError> {
        let rendered = self.rendered_manifests().await?;
        let mut renewed = Vec::new();
        for wanted in &rendered {
            renewed.extend(self.renew(wanted).await?);
        }
        let result = tokio::select! {
            biased;
            result = self.await_static_pods(&rendered, &renewed) => result,
            error = self.death(&renewed) => Err(error),
        };
        match result {
            Err(error) if !error.is_cancelled() => Err(self.put_back(error, &renewed).await),
            result => result,
        }
    }

    /// Writes one manifest, if it says something else.
    async fn renew(&self, wanted: &Rendered) -> Result<Option<Renewed>, OperateError> {
        let Rendered { component, text, pod } = wanted;
        let intent = format!("write the manifest of {component}");
        let file = self.read(&intent, component.manifest()).await?;
        let former = file.map(|file| String::from_utf8_lossy(&file).into_owned());
        if former.as_deref().is_some_and(|text| StaticPod::parse(text).is_ok_and(|it| it == *pod)) {
            return Ok(None);
        }
        self.require_no_setback(*component)?;
        if *component == Component::Etcd {
            self.may_restart_etcd().await?;
        }
        let start = self.last_start(*component).await;
        let taken_up = Box::pin(self.taken_up(*component, former.as_deref())).await;
        let joined = former.as_deref().and_then(|old| with_bootstrap_arguments(text, old).ok());
        let text = joined.filter(|_| *component == Component::Etcd).unwrap_or_else(|| text.clone());
        tracing::info!(host = self.name(), %component, "its manifest is renewed");
        self.write(&intent, &FileWrite::new(component.manifest(), text).mode(0o600)).await?;
        self.operator.forget(self.node());
        self.operator.membership().connections.forget(self.node());
        let ran_well = taken_up.as_ref().is_some_and(|(_, ready)| *ready);
        let former = former.filter(|_| ran_well);
        let former_hash = taken_up.map(|(hash, _)| hash);
        Ok(Some(Renewed { component: *component, former_hash, former, start }))
    }

    /// An etcd without its data would begin a cluster of its own, and the others need theirs.
    pub(super) async fn may_restart_etcd(&self) -> Result<(), OperateError> {
        let data = self.cluster().etcd.local().map_or("/var/lib/etcd", |etcd| etcd.data_dir());
        let has_data = Command::new("test").args(["-d", &format!("{data}/member")]);
        if !self.run("look for etcd's data", &has_data).await?.success() {
            return Err(self.refused(no_data(self.name(), data)));
        }
        let Sight::Seen(etcd) = self.etcd_sight().await? else { return Ok(()) };
        let addresses = self.addresses().await;
        restart(&etcd, self.name(), &addresses).map_err(|refusal| self.refused(refusal))
    }

    /// By what the kubelet tells the manifest `present` apart, and whether its pod is ready; none when
    /// the API still shows another, or is silent.
    async fn taken_up(
        &self,
        component: Component,
        present: Option<&str>,
    ) -> Option<(String, bool)> {
        let pod = self.kubernetes().await.ok()?.mirror_pod(component, self.name()).await.ok()??;
        let hash = hash(&pod).filter(|_| present.is_some_and(|text| mirrors(&pod, text)))?;
        Some((hash.to_owned(), is_ready(&pod)))
    }

    async fn await_static_pods(
        &self,
        rendered: &[Rendered],
        renewed: &[Renewed],
    ) -> Result<(), OperateError> {
        let what = "the control plane's static pods to run";
        let wait = Wait { what, limit: LIMIT, cancel: self.cancel };
        wait.until(|| async {
            let kubernetes = match self.answering().await? {
                Ok(kubernetes) => kubernetes,
                Err(reason) => return Ok(Look::NotYet(reason)),
            };
            for Rendered { component, pod, .. } in rendered {
                let mirror = match kubernetes.mirror_pod(*component, self.name()).await {
                    Ok(mirror) => mirror,
                    Err(error) => return Ok(Look::NotYet(summary(&error))),
                };
                let renewed = renewed.iter().find(|it| it.component == *component);
                let (former, start) = match renewed {
                    Some(it) => (it.former_hash.as_deref(), self.last_start(*component).await),
                    None => (None, None),
                };
                let started = start.as_ref().and_then(Start::hash);
                if let Err(lacks) = awaited(*component, mirror.as_ref(), pod, former, started) {
                    return Ok(Look::NotYet(format!("{component}: {lacks}")));
                }
            }
            Ok(Look::Met(()))
        })
        .await?;
        for renewed in renewed {
            match renewed.component {
                Component::Etcd => self.await_voter().await?,
                Component::KubeApiserver => self.await_api_server().await?,
                Component::KubeControllerManager | Component::KubeScheduler => {}
            }
        }
        Ok(())
    }

    /// Ends when a container dies whenever it is started.
    async fn death(&self, renewed: &[Renewed]) -> OperateError {
        let components: Vec<_> =
            renewed.iter().map(|it| (it.component, it.start.clone())).collect();
        let (component, start) = self.dying(&components).await;
        let error = OperateError::new(format!("start {component}"), ErrorKind::Goal);
        error.note(format!("it dies whenever it is started; it said last:\n{}", start.said))
    }

    /// What did not run on one host is not tried on the next in the same apply.
    fn require_no_setback(&self, component: Component) -> Result<(), OperateError> {
        let setbacks = &self.operator.membership().setbacks;
        let Some(host) = setbacks.of(&self.cluster().id, component) else { return Ok(()) };
        let error = OperateError::new(format!("renew {component}"), ErrorKind::Refused);
        Err(error
            .note(format!(
                "the new settings of the control plane did not run on {host}, so that this host keeps the former"
            ))
            .advise("correct the settings of kubeadm_cluster, then apply again"))
    }

    /// Those that ran well before do so again.
    async fn put_back(&self, error: OperateError, renewed: &[Renewed]) -> OperateError {
        let components = renewed.iter().map(|it| it.component);
        self.operator.membership().setbacks.note(&self.cluster().id, self.name(), components);
        let mut back = Vec::new();
        for Renewed { component, former, .. } in renewed {
            let Some(former) = former else { continue };
            let file = FileWrite::new(component.manifest(), former.as_bytes()).mode(0o600);
            match self.write("put the former manifest back", &file).await {
                Ok(()) => back.push(component.name()),
                Err(failure) => tracing::warn!(%failure, %component, "it keeps the new manifest"),
            }
        }
        self.operator.forget(self.node());
        if back.is_empty() {
            return error;
        }
        error
            .note(format!("the former manifests were put back: {}", back.join(", ")))
            .advise("correct the settings of kubeadm_cluster, then apply again")
    }
}

impl Kubernetes {
    /// The pod by which the kubelet of `node` shows a component in the API.
    async fn mirror_pod(
        &self,
        component: Component,
        node: &str,
    ) -> Result<Option<Pod>, OperateError> {
        self.mirror_of(&component.mirror_pod(node)).await
    }

    /// The pod of a name that mirrors a static pod.
    pub(super) async fn mirror_of(&self, name: &str) -> Result<Option<Pod>, OperateError> {
        let pods = Api::<Pod>::namespaced(self.client.clone(), "kube-system");
        let found = pods.get_opt(name).await;
        found.map_err(|error| api_error(format!("read pod {name}"), error))
    }
}

fn no_data(host: &str, directory: &str) -> Refusal {
    Refusal::new(
        "PF-ETCD-NO-DATA",
        format!("etcd on host {host} has no data in {directory}, and would begin an empty cluster"),
        "the host was left as it is; bring the data back, or take the host's kubeadm_control_plane_member out of the configuration, apply, and add it again, so that it joins anew",
    )
}
