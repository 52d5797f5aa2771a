//! What was run on the fake.

use std::time::Duration;

/// A command that was run on the fake.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Call {
    /// The program and its arguments; for a script `sh`, `-c`, the text, `sh` and its arguments.
    pub argv: Vec<String>,
    /// Variables that the caller set.
    pub env: Vec<(String, String)>,
    /// What it read.
    pub stdin: Vec<u8>,
    /// Name of the transient unit that it ran in.
    pub unit: Option<String>,
    /// Whether it was run by sudo.
    pub sudo: bool,
    /// Its time limit.
    pub timeout: Option<Duration>,
    /// Whether there was an answer for it.
    pub scripted: bool,
}

impl Call {
    /// The call that a command line of ours means.
    pub(super) fn parse(line: &str) -> Self {
        let mut words = shlex::split(line).unwrap_or_default().into_iter().peekable();
        let mut call = Self::default();
        words.next_if(|word| word == "exec");
        if words.clone().take(3).eq(["env", "LC_ALL=C", "sudo"].map(str::to_owned)) {
            call.sudo = true;
            words.by_ref().find(|word| word == "--");
        }
        if words.peek().is_some_and(|word| word == "timeout") {
            let limit = words.nth(2).and_then(|limit| limit.parse().ok());
            call.timeout = limit.map(Duration::from_secs_f64);
        }
        call.strip_environment(words.collect())
    }

    /// Takes the variables off the words.
    pub(super) fn strip_environment(mut self, words: Vec<String>) -> Self {
        let mut words = words.into_iter().peekable();
        if words.next_if(|word| word == "env").is_some() {
            while let Some(pair) = words.next_if(|word| word.contains('=')) {
                self.env.extend(pair.split_once('=').map(|(n, v)| (n.to_owned(), v.to_owned())));
            }
        }
        self.env.retain(|(name, _)| name != "LC_ALL" && name != "PATH");
        self.argv = words.collect();
        self
    }

    /// The text and the arguments, where it is a script.
    #[must_use]
    pub fn script(&self) -> Option<(&str, &[String])> {
        match self.argv.as_slice() {
            [shell, flag, text, _, arguments @ ..] if shell == "sh" && flag == "-c" => {
                Some((text, arguments))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::shell::{Elevation, line};

    #[test]
    fn a_line_of_ours_is_understood() {
        let command = Command::new("kubeadm").args(["init", "a b"]).env("A", "1=2");
        let limited = command.clone().timeout(Duration::from_secs(3));
        let plain = Call::parse(&line(&command, Elevation::None).unwrap());
        assert_eq!(plain.argv, ["kubeadm", "init", "a b"]);
        assert_eq!(plain.env, [("A".to_owned(), "1=2".to_owned())]);
        let by_sudo = Call::parse(&line(&limited, Elevation::Passwordless).unwrap());
        assert_eq!((by_sudo.sudo, by_sudo.timeout), (true, Some(Duration::from_secs(3))));
        assert_eq!(by_sudo.argv, plain.argv);
        let script = Call::parse(&line(&Command::script("x").arg("1"), Elevation::None).unwrap());
        assert_eq!(script.script(), Some(("x", &["1".to_owned()][..])));
    }
}
