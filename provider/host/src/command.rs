//! What is to be run on a host.

use crate::secret::Secret;
use std::fmt;
use std::time::Duration;
use zeroize::Zeroizing;

/// A program with its arguments, or a script that is part of this program.
///
/// Arguments are quoted for the remote shell; there is no way to build a command line by hand.
/// Everybody on the host can read arguments and environment, so neither takes a [`Secret`]:
/// secrets go to standard input ([`Command::stdin_secret`]) or into a file of mode 0600.
///
/// `Display` is the command line as a person would type it; standard input is never shown.
#[derive(Clone)]
pub struct Command {
    program: Program,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    stdin: Option<Zeroizing<Vec<u8>>>,
    timeout: Option<Duration>,
}

/// What is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    /// A program, found on a fixed path list.
    Named(String),
    /// A script for `sh`; its arguments are `$1` and so on.
    Script(&'static str),
}

impl Command {
    /// A program by name or path.
    pub fn new(program: impl Into<String>) -> Self {
        Self::of(Program::Named(program.into()))
    }

    /// A POSIX shell script; arguments arrive as `$1` and so on, standard input is free.
    ///
    /// The text is a constant of this program, so that no value can become code.
    #[must_use]
    pub fn script(text: &'static str) -> Self {
        Self::of(Program::Script(text))
    }

    fn of(program: Program) -> Self {
        let (arguments, environment) = (Vec::new(), Vec::new());
        Self { program, arguments, environment, stdin: None, timeout: None }
    }

    /// Adds an argument. Never give a secret: arguments are visible on the host.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Adds arguments. Never give a secret: arguments are visible on the host.
    #[must_use]
    pub fn args<A: Into<String>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Sets a variable of the environment. Never give a secret: it travels as an argument.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// What the command reads from standard input; nothing unless set.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(Zeroizing::new(bytes.into()));
        self
    }

    /// A secret that the command reads from standard input.
    #[must_use]
    pub fn stdin_secret(self, secret: &Secret) -> Self {
        self.stdin(secret.expose())
    }

    /// Longest time the command may take; without it, as long as the connection lives.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    pub(crate) fn program(&self) -> &Program {
        &self.program
    }

    pub(crate) fn arguments(&self) -> &[String] {
        &self.arguments
    }

    pub(crate) fn environment(&self) -> &[(String, String)] {
        &self.environment
    }

    pub(crate) fn input(&self) -> Option<&[u8]> {
        self.stdin.as_ref().map(|bytes| bytes.as_slice())
    }

    pub(crate) fn time_limit(&self) -> Option<Duration> {
        self.timeout
    }
}

impl fmt::Display for Command {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.environment {
            write!(formatter, "{name}={} ", shown(value))?;
        }
        match &self.program {
            Program::Named(name) => formatter.write_str(&shown(name))?,
            Program::Script(_) => formatter.write_str("sh -c <script>")?,
        }
        self.arguments.iter().try_for_each(|argument| write!(formatter, " {}", shown(argument)))
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Command({self})")
    }
}

/// A word as a person would type it: quoted where a shell needs it.
fn shown(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_@%+=:,./-".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    shlex::try_quote(word).map_or_else(|_| format!("{word:?}"), std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_shown_as_typed_and_without_their_input() {
        let secret = Secret::new("hunter2");
        let init = Command::new("kubeadm").args(["init", "--config=/run/a b", "--v=5", ""]);
        for (command, expected) in [
            (init, "kubeadm init '--config=/run/a b' --v=5 ''"),
            (Command::new("tee").env("A", "1 2").stdin_secret(&secret), "A='1 2' tee"),
            (Command::script("echo $1").arg("x\ny"), "sh -c <script> 'x\ny'"),
        ] {
            assert_eq!(command.to_string(), expected);
            assert_eq!(format!("{command:?}"), format!("Command({expected})"));
        }
    }
}
