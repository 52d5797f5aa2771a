//! The fake's transient units.

use super::answer::{Answer, Fault};
use crate::output::ExitStatus;
use std::collections::BTreeMap;

/// All units, by name.
#[derive(Default)]
pub(super) struct Units {
    units: BTreeMap<String, FakeUnit>,
}

/// A unit: what its command printed, and how it ended.
struct FakeUnit {
    status: Option<ExitStatus>,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

impl Units {
    pub(super) fn has(&self, name: &str) -> bool {
        self.units.contains_key(name)
    }

    /// Starts a unit whose command ends at once, or hangs.
    pub(super) fn start(&mut self, name: &str, answer: Answer) {
        let status = (answer.fault != Fault::Hang).then_some(answer.status);
        let unit = FakeUnit { status, stdout: answer.stdout, stderr: answer.stderr };
        self.units.insert(name.to_owned(), unit);
    }

    pub(super) fn finish(&mut self, name: &str, status: ExitStatus, stdout: &str) {
        if let Some(unit) = self.units.get_mut(name) {
            unit.status = Some(status);
            unit.stdout.extend_from_slice(stdout.as_bytes());
        }
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.units.remove(name);
    }

    pub(super) fn clear(&mut self) {
        self.units.clear();
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.units.keys().cloned().collect()
    }

    /// What a unit printed: standard output and standard error.
    pub(super) fn output(&self, name: &str) -> (Vec<u8>, Vec<u8>) {
        let unit = self.units.get(name);
        unit.map(|unit| (unit.stdout.clone(), unit.stderr.clone())).unwrap_or_default()
    }

    /// What `systemctl show` says about a unit.
    pub(super) fn show(&self, name: &str) -> String {
        let (load, active, sub, result, code, status) = match self.units.get(name) {
            None => ("not-found", "inactive", "dead", "success", 0, 0),
            Some(FakeUnit { status: None, .. }) => ("loaded", "active", "running", "success", 0, 0),
            Some(FakeUnit { status: Some(ended), .. }) => match ended {
                ExitStatus::Code(0) => ("loaded", "active", "exited", "success", 1, 0),
                ExitStatus::Code(code) => ("loaded", "failed", "failed", "exit-code", 1, *code),
                ExitStatus::Signal(_) => ("loaded", "failed", "failed", "signal", 2, 9),
                ExitStatus::TimedOut => ("loaded", "failed", "failed", "timeout", 2, 15),
            },
        };
        format!(
            "Result={result}\nExecMainCode={code}\nExecMainStatus={status}\n\
             LoadState={load}\nActiveState={active}\nSubState={sub}\n"
        )
    }
}
