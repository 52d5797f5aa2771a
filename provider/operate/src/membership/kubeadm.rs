//! Runs of kubeadm: as transient units with names of their own, so that an interrupted one is
//! found again, with their configuration in a file that only root reads and only for the run.

use super::evidence;
use crate::error::{CommandReport, ErrorKind, OperateError};
use crate::site::Site;
use cluster::Secret;
use cluster::yaml::YamlError;
use host::{Command, ExitStatus, FileWrite, HostError, Output, UnitStatus};
use std::time::Duration;

/// Longest time of a run: pulls images, then waits for components.
const LIMIT: Duration = Duration::from_mins(20);

/// How a run ended that we did not let go on.
const STOPPED: &str = "stopped, since the kubelet dies whenever it is started";

/// What kubeadm is run for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Init,
    Join,
    Reset,
    /// Encrypts the cluster's certificates and puts them into the cluster.
    UploadCertificates,
    PullImages,
    /// Writes the documents that members share into the cluster.
    UploadConfiguration,
    /// Brings the cluster's DNS server to what is wanted.
    ApplyDns,
    /// Brings kube-proxy to what is wanted.
    ApplyKubeProxy,
}

/// How a run ended.
enum Ended {
    /// It did, with this output.
    ByItself(Output),
    /// We ended it since it could not succeed; what it had printed.
    Stopped(Output),
}

impl Verb {
    /// Those that change the host that they run on, and what a plan is made from.
    const SETTLED: [Self; 3] = [Self::Init, Self::Join, Self::Reset];

    fn name(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::Join => "join",
            Self::Reset => "reset",
            Self::UploadCertificates => "upload-certs",
            Self::PullImages => "pull-images",
            Self::UploadConfiguration => "upload-config",
            Self::ApplyDns => "addon-coredns",
            Self::ApplyKubeProxy => "addon-kube-proxy",
        }
    }

    /// What kubeadm is to do, as its first arguments.
    fn words(self) -> &'static [&'static str] {
        match self {
            Self::Init => &["init"],
            Self::Join => &["join"],
            Self::Reset => &["reset"],
            Self::UploadCertificates => &["init", "phase", "upload-certs", "--upload-certs"],
            Self::PullImages => &["config", "images", "pull"],
            Self::UploadConfiguration => &["init", "phase", "upload-config", "all"],
            Self::ApplyDns => &["init", "phase", "addon", "coredns"],
            Self::ApplyKubeProxy => &["init", "phase", "addon", "kube-proxy"],
        }
    }

    /// Whether it starts a kubelet, and waits for it.
    fn needs_kubelet(self) -> bool {
        matches!(self, Self::Init | Self::Join)
    }

    /// A host has one membership, so the names need nothing of the cluster.
    fn unit(self) -> String {
        format!("terraform-kubeadm-{}", self.name())
    }

    fn path(self) -> String {
        format!("/run/terraform-provider-kubeadm/kubeadm-{}.yaml", self.name())
    }
}

impl Site<'_> {
    /// Waits for a run that an interrupted apply left behind, so that what is observed next is the
    /// whole of what it did.
    pub(crate) async fn settle(&self) -> Result<(), OperateError> {
        for verb in Verb::SETTLED {
            self.settle_run(verb).await?;
        }
        self.operator.forget(self.node);
        Ok(())
    }

    /// As [`Site::settle`], of one verb.
    pub(crate) async fn settle_run(&self, verb: Verb) -> Result<(), OperateError> {
        if self.await_run(verb).await? == UnitStatus::Absent {
            return Ok(());
        }
        let intent = format!("clear away an earlier kubeadm {}", verb.name());
        self.on_host(&intent, self.host.unit(verb.unit()).discard()).await?;
        self.remove_configuration(verb).await;
        Ok(())
    }

    /// Waits for what is running, and leaves it to whoever has the turn: that may be another process
    /// which still reads what became of its run.
    pub(crate) async fn await_runs(&self) -> Result<(), OperateError> {
        for verb in Verb::SETTLED {
            self.await_run(verb).await?;
        }
        self.operator.forget(self.node);
        Ok(())
    }

    /// What there is of a run that does not go on any more.
    async fn await_run(&self, verb: Verb) -> Result<UnitStatus, OperateError> {
        let intent = format!("wait for an earlier kubeadm {}", verb.name());
        Box::pin(self.await_unit(&intent, &self.host.unit(verb.unit()))).await
    }

    /// Runs kubeadm with `document` as its configuration. Its success is no proof of anything, but
    /// its failure is one.
    pub(crate) async fn kubeadm(
        &self,
        verb: Verb,
        document: Result<Secret, YamlError>,
    ) -> Result<(), OperateError> {
        let document = document.map_err(unwritten)?;
        let intent = format!("run kubeadm {}", verb.words().join(" "));
        let file = FileWrite::new(verb.path(), document.expose()).mode(0o600);
        self.on_host(&intent, self.host.write(&file)).await?;
        let command = Command::new("kubeadm")
            .args(verb.words().iter().copied())
            .args(["--config", &verb.path()])
            .timeout(LIMIT);
        self.operator.forget(self.node);
        let result = self.watched_run(verb, &command).await;
        self.operator.forget(self.node);
        self.remove_configuration(verb).await;
        self.judge(&intent, verb, &command, result).await
    }

    /// kubeadm waits minutes for a kubelet that dies at every start; we know better.
    async fn watched_run(&self, verb: Verb, command: &Command) -> Result<Ended, HostError> {
        let unit = self.host.unit(verb.unit());
        let watch = async {
            if verb.needs_kubelet() {
                self.dying_kubelet().await;
            } else {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            output = unit.run(command, self.cancel) => return output.map(Ended::ByItself),
            () = watch => {}
        }
        let (stdout, stderr) = unit.progress().await?;
        unit.discard().await?;
        Ok(Ended::Stopped(Output { status: ExitStatus::Signal("TERM".to_owned()), stdout, stderr }))
    }

    async fn judge(
        &self,
        intent: &str,
        verb: Verb,
        command: &Command,
        result: Result<Ended, HostError>,
    ) -> Result<(), OperateError> {
        let (output, how) = match result {
            Ok(Ended::ByItself(output)) if output.success() => return Ok(()),
            Ok(Ended::ByItself(output)) => (output, None),
            Ok(Ended::Stopped(output)) => (output, Some(STOPPED)),
            Err(error) if error.is_cancelled() => return Err(OperateError::cancelled(intent)),
            Err(error) => return Err(OperateError::host(intent, error)),
        };
        let mut error = OperateError::command(intent, command, &output);
        if let Some(CommandReport { unit, command, status, .. }) = &mut error.details.command {
            *unit = Some(format!("{}.service", verb.unit()));
            *command = format!("kubeadm {} --config <generated>", verb.words().join(" "));
            if let Some(how) = how {
                how.clone_into(status);
            }
        }
        Err(evidence::attach(error, &self.evidence().await, &evidence::text(&output)))
    }

    /// The file holds a token; that it cannot be removed is no reason to fail, since the token is
    /// revoked and /run is gone at the next boot.
    async fn remove_configuration(&self, verb: Verb) {
        if let Err(error) = self.host.remove(&verb.path()).await {
            tracing::warn!(host = %self.node.name, %error, "kubeadm's configuration was not removed");
        }
    }
}

/// A configuration that has no form in YAML.
pub(super) fn unwritten(error: YamlError) -> OperateError {
    OperateError::new("write kubeadm's configuration", ErrorKind::Configuration).caused_by(error)
}
