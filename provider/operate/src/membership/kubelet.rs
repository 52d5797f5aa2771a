//! The kubelet of a host: its arguments, its unit, its health.

use super::subject::Subject;
use super::wait::{Look, Wait};
use crate::error::{ErrorKind, OperateError};
use crate::site::Site;
use cluster::membership::kubelet_unit::{UNIT, is_current};
use cluster::membership::{hopeless, kubelet_flags};
use cluster::observed::Observed;
use host::{Command, FileWrite, Output};
use std::time::Duration;

/// Longest time until a restarted kubelet is healthy.
const HEALTH: Duration = Duration::from_mins(2);

/// How often a starting kubelet is looked at.
const WATCH: Duration = Duration::from_secs(3);

/// systemd restarts a dead kubelet every ten seconds; one death may be an accident.
const DEADLY: u32 = 2;

/// How often systemd has restarted the kubelet, then what it said last.
const DEATHS: &str = "systemctl show --property=NRestarts --value kubelet.service
journalctl --unit=kubelet --lines=30 --no-pager --output=cat 2>/dev/null";

impl Subject<'_> {
    /// Brings the kubelet's arguments to what is wanted and requires that it runs and is healthy.
    pub(crate) async fn start_kubelet(&self) -> Result<(), OperateError> {
        let rewritten = self.rewrite_arguments().await?;
        let mut observed = self.look().await?;
        if !is_healthy(&observed) && self.kubernetes().await.is_ok() {
            // It may be its configuration that keeps it from running.
            self.rewrite_configuration().await?;
            observed = self.look().await?;
        }
        // The restart that an interrupted apply owed is made up for.
        if rewritten || !is_healthy(&observed) || !is_current(&observed) {
            self.systemctl("restart").await?;
        }
        self.await_healthy().await
    }

    /// Makes the kubelet start at boot.
    pub(crate) async fn enable_kubelet(&self) -> Result<(), OperateError> {
        let observed = self.observe().await?;
        if observed.units.unit(UNIT).known().is_some_and(cluster::observed::UnitState::is_enabled) {
            return Ok(());
        }
        self.systemctl("enable").await?;
        let enabled = self.observe().await?.units.unit(UNIT);
        match enabled.known() {
            Some(unit) if unit.is_enabled() => Ok(()),
            unit => {
                let error = OperateError::new("enable the kubelet", ErrorKind::Goal);
                Err(error.note(format!("its unit is {}", unit.map_or("absent", |unit| &unit.file))))
            }
        }
    }

    /// Whether the file was changed.
    async fn rewrite_arguments(&self) -> Result<bool, OperateError> {
        const INTENT: &str = "write the kubelet's arguments";
        let wanted = self.kubelet_arguments().await?;
        let former =
            self.state().await?.claim.map(|claim| claim.kubelet_arguments).unwrap_or_default();
        let file =
            self.on_host(INTENT, self.host.read(kubelet_flags::PATH)).await?.unwrap_or_default();
        let Some(text) =
            kubelet_flags::rewritten(&String::from_utf8_lossy(&file), &former, &wanted)
        else {
            self.note_arguments(&wanted).await?;
            return Ok(false);
        };
        self.on_host(INTENT, self.host.write(&FileWrite::new(kubelet_flags::PATH, text))).await?;
        self.operator.forget(self.node());
        self.note_arguments(&wanted).await?;
        Ok(true)
    }

    /// Ends early when no waiting would help.
    pub(super) async fn await_healthy(&self) -> Result<(), OperateError> {
        let wait = Wait { what: "the kubelet to be healthy", limit: HEALTH, cancel: self.cancel };
        let healthy = wait.until(|| async {
            let observed = self.look().await?;
            Ok(if is_healthy(&observed) {
                Look::Met(())
            } else {
                Look::NotYet(format!(
                    "unit {}, health {:?}",
                    active(&observed),
                    observed.kubernetes.kubelet_health
                ))
            })
        });
        tokio::select! {
            biased;
            healthy = healthy => healthy,
            () = self.dying_kubelet() => {
                let error = OperateError::new("start the kubelet", ErrorKind::Goal);
                Err(error.note("it dies whenever it is started"))
            }
        }
    }
}

impl Site<'_> {
    pub(crate) async fn systemctl(&self, verb: &'static str) -> Result<(), OperateError> {
        let intent = format!("{verb} the kubelet");
        let command = Command::new("systemctl").args([verb, UNIT]).timeout(Duration::from_mins(2));
        self.operator.forget(self.node);
        let output = self.on_host(&intent, self.host.run(&command)).await?;
        self.operator.forget(self.node);
        if output.success() {
            Ok(())
        } else {
            Err(OperateError::command(intent, &command, &output))
        }
    }

    /// Ends when the kubelet has died several times from now on, for a cause that no waiting cures.
    /// What it died of before tells nothing: this run may just be putting it right.
    pub(crate) async fn dying_kubelet(&self) {
        let command = Command::script(DEATHS).timeout(Duration::from_secs(10));
        let mut before = u32::MAX;
        loop {
            let looked = self.host.run(&command).await.ok().filter(Output::success);
            if let Some((restarts, journal)) = looked.as_ref().and_then(deaths) {
                // systemd counts from the last start by hand.
                before = before.min(restarts);
                if restarts - before >= DEADLY && hopeless(&journal).is_some() {
                    return;
                }
            }
            tokio::time::sleep(WATCH).await;
        }
    }
}

/// How often systemd restarted the kubelet, and its journal; nothing when that was not told.
fn deaths(output: &Output) -> Option<(u32, String)> {
    let text = output.stdout_text();
    let (restarts, journal) = text.split_once('\n')?;
    Some((restarts.trim().parse().ok()?, journal.to_owned()))
}

fn is_healthy(observed: &Observed) -> bool {
    observed.kubernetes.kubelet_health.known().is_some_and(|health| health == "ok")
}

fn active(observed: &Observed) -> String {
    observed
        .units
        .unit(UNIT)
        .known()
        .map_or_else(|| "unknown".to_owned(), |unit| unit.active.clone())
}
