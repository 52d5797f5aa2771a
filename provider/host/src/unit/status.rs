//! What systemd says about a unit.

use crate::output::ExitStatus;

/// State of a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnitStatus {
    /// There is no such unit: never started, collected, or lost by a reboot.
    Absent,
    /// Its command runs.
    Running,
    /// Its command ended.
    Ended(ExitStatus),
}

impl UnitStatus {
    /// Reads the answer of `systemctl show`; `None` where it is none.
    pub(super) fn parse(answer: &str) -> Option<Self> {
        let value =
            |name: &str| answer.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        if value("LoadState")? == "not-found" {
            return Some(Self::Absent);
        }
        let (code, status) = (value("ExecMainCode")?, value("ExecMainStatus")?.parse().ok()?);
        match (value("ActiveState")?, value("SubState")?) {
            ("active", "exited") | ("failed", _) => {
                Some(Self::Ended(ended(value("Result")?, code, status)))
            }
            // Stopped by somebody, and about to be collected.
            ("inactive", _) => Some(Self::Absent),
            _ => Some(Self::Running),
        }
    }
}

/// `ExecMainCode` is 1 for an end by itself, 2 and 3 for one by a signal.
fn ended(result: &str, code: &str, status: i32) -> ExitStatus {
    match (result, code) {
        ("timeout", _) => ExitStatus::TimedOut,
        (_, "2" | "3") => ExitStatus::Signal(signal(status)),
        ("resources", "0") => ExitStatus::Code(203),
        _ => ExitStatus::Code(status),
    }
}

/// Names of the signals that end commands; others by number.
fn signal(number: i32) -> String {
    let name = match number {
        1 => "HUP",
        2 => "INT",
        3 => "QUIT",
        4 => "ILL",
        6 => "ABRT",
        8 => "FPE",
        9 => "KILL",
        11 => "SEGV",
        13 => "PIPE",
        14 => "ALRM",
        15 => "TERM",
        _ => return number.to_string(),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(
        load: &str,
        active: &str,
        sub: &str,
        result: &str,
        code: &str,
        status: &str,
    ) -> Option<UnitStatus> {
        UnitStatus::parse(&format!(
            "Result={result}\nExecMainCode={code}\nExecMainStatus={status}\nLoadState={load}\nActiveState={active}\nSubState={sub}\n"
        ))
    }

    #[test]
    fn states() {
        let ended = |status| Some(UnitStatus::Ended(status));
        for (found, expected) in [
            (parse("not-found", "inactive", "dead", "success", "0", "0"), Some(UnitStatus::Absent)),
            (parse("loaded", "active", "running", "success", "0", "0"), Some(UnitStatus::Running)),
            (
                parse("loaded", "activating", "start", "success", "0", "0"),
                Some(UnitStatus::Running),
            ),
            (
                parse("loaded", "deactivating", "stop-sigterm", "timeout", "0", "0"),
                Some(UnitStatus::Running),
            ),
            (parse("loaded", "active", "exited", "success", "1", "0"), ended(ExitStatus::Code(0))),
            (
                parse("loaded", "failed", "failed", "exit-code", "1", "7"),
                ended(ExitStatus::Code(7)),
            ),
            (
                parse("loaded", "failed", "failed", "signal", "2", "9"),
                ended(ExitStatus::Signal("KILL".to_owned())),
            ),
            (
                parse("loaded", "failed", "failed", "oom-kill", "2", "9"),
                ended(ExitStatus::Signal("KILL".to_owned())),
            ),
            (
                parse("loaded", "failed", "failed", "core-dump", "3", "11"),
                ended(ExitStatus::Signal("SEGV".to_owned())),
            ),
            (
                parse("loaded", "failed", "failed", "timeout", "2", "15"),
                ended(ExitStatus::TimedOut),
            ),
            (
                parse("loaded", "failed", "failed", "resources", "0", "0"),
                ended(ExitStatus::Code(203)),
            ),
        ] {
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn an_answer_that_is_cut_off_is_none() {
        assert_eq!(UnitStatus::parse(""), None);
        assert_eq!(UnitStatus::parse("LoadState=loaded\nActiveState=active\n"), None);
    }
}
