//! What a failed operation left behind on the host: journal, logs of failed containers, cause.

use crate::error::{Cause, ErrorKind, OperateError};
use crate::site::Site;
use cluster::membership::{Evidence, classify};
use host::{Command, Output};
use std::time::Duration;

/// The kubelet's last lines; what it said long ago explains nothing now. Not by
/// `--lines`, which together with `--since` gives the first ones.
pub(super) const JOURNAL: &str =
    "journalctl --unit=kubelet --since=-5min --no-pager --output=cat 2>/dev/null | tail -n 50";

/// The last lines of each container of the system's pods that was started more than once: the
/// kubelet numbers their logs.
const CONTAINERS: &str = r#"
for directory in /var/log/pods/kube-*/*/; do
  newest=$(ls "$directory" 2>/dev/null | grep '^[0-9]*\.log$' | sort -n | tail -n 1)
  case $newest in ""|0.log) continue ;; esac
  echo "${directory#/var/log/pods/} was restarted, last said:"
  tail -n 3 "$directory$newest" | cut -c 1-400
done
"#;

/// What a look at a host after a failure gave; empty where the look failed too.
#[derive(Default)]
pub(crate) struct Remains {
    pub(crate) journal: String,
    pub(crate) containers: String,
}

impl Site<'_> {
    /// Looks at what is left of a failure; never fails itself, and never holds up for long.
    pub(crate) async fn evidence(&self) -> Remains {
        Remains { journal: self.said(JOURNAL).await, containers: self.said(CONTAINERS).await }
    }

    async fn said(&self, script: &'static str) -> String {
        let command = Command::script(script).timeout(Duration::from_secs(10));
        match self.host.run(&command).await {
            Ok(output) => output.stdout_text().into_owned(),
            Err(_) => String::new(),
        }
    }

    /// Adds what is left on the host to a failure that it may explain.
    pub(crate) async fn explained(&self, error: OperateError) -> OperateError {
        let explains =
            matches!(error.kind, ErrorKind::Goal | ErrorKind::Timeout | ErrorKind::Command);
        if !explains || error.details.journal_tail.is_some() || self.cancel.is_cancelled() {
            return error;
        }
        let printed = error.details.notes.join("\n");
        attach(error, &self.evidence().await, &printed)
    }
}

/// Adds the remains to an error, and the cause when they give it away.
pub(crate) fn attach(mut error: OperateError, remains: &Remains, printed: &str) -> OperateError {
    let evidence =
        Evidence { output: printed, journal: &remains.journal, workloads: &remains.containers };
    let cause = classify(evidence);
    if !remains.journal.trim().is_empty() {
        error = error.with_journal(&remains.journal);
    }
    error.details.notes.extend(remains.containers.lines().map(str::to_owned));
    match cause {
        Some(cause) => {
            error.because(Cause { code: cause.code, text: cause.text }).advise(cause.advice)
        }
        None => error,
    }
}

/// Both streams as text.
pub(crate) fn text(output: &Output) -> String {
    format!("{}\n{}", output.stdout_text(), output.stderr_text())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_and_its_advice_are_told() {
        let remains = Remains {
            journal: "running with swap on is not supported".to_owned(),
            containers: "etcd".to_owned(),
        };
        let error = attach(OperateError::new("run kubeadm init", ErrorKind::Command), &remains, "");
        let cause = error.details.cause.as_ref().map(|cause| cause.code);
        assert_eq!(cause, Some("RT-KUBELET-SWAP"));
        assert!(error.details.advice.as_deref().unwrap_or_default().contains("swap off"));
        assert_eq!(error.details.notes, ["etcd"]);
        assert!(error.details.journal_tail.is_some());
    }

    #[test]
    fn an_empty_look_adds_nothing() {
        let error = attach(OperateError::new("x", ErrorKind::Goal), &Remains::default(), "odd");
        assert!(error.details.cause.is_none() && error.details.journal_tail.is_none());
    }
}
