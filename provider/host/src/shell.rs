//! Command lines for the remote shell.

use crate::command::{Command, Program};
use std::time::Duration;

/// Where programs are looked for. Fixed, since a login shell's own path differs from host to host
/// and lacks the directories of system programs for ordinary users.
pub(crate) const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// Ends the lines before a command's own standard input, where sudo reads a password.
pub(crate) const INPUT_MARK: &str = "terraform-provider-kubeadm: standard input follows";
/// Passes over what sudo left of the password (all of it, where it needed none), then becomes the
/// command. `read` takes single bytes from a pipe, so it takes nothing of the command's input.
pub(crate) const SKIP_PASSWORD: &str = r#"while IFS= read -r line; do
  if [ "$line" = "$1" ]; then shift; exec "$@"; fi
done
exit 125"#;
/// How long a command that is to stop may take before it is killed.
const KILL_AFTER: &str = "--kill-after=10";

/// How a command becomes root's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Elevation {
    /// It is root's already, or stays the user's.
    None,
    /// By sudo without a password.
    Passwordless,
    /// By sudo with a password on standard input.
    Password,
}

/// The line that makes the remote shell run this; `None` where a word holds a NUL byte.
///
/// The locale is fixed, so that what programs say can be understood. The shell becomes the command
/// (`exec`), so that a signal that ends the command is seen as such.
pub(crate) fn line(command: &Command, elevation: Elevation) -> Option<String> {
    let mut words = vec!["exec".to_owned()];
    words.extend(elevate(elevation));
    words.extend(limit(command.time_limit()));
    words.extend(environment(command));
    words.extend(program(command));
    shlex::try_join(words.iter().map(String::as_str)).ok()
}

/// The words of a command with its environment, for whoever runs it without a shell.
pub(crate) fn words(command: &Command) -> Vec<String> {
    environment(command).chain(program(command)).collect()
}

fn elevate(elevation: Elevation) -> Vec<String> {
    let words: &[&str] = match elevation {
        Elevation::None => &[],
        Elevation::Passwordless => &["env", "LC_ALL=C", "sudo", "-n", "--"],
        Elevation::Password => &[
            "env",
            "LC_ALL=C",
            "sudo",
            "-S",
            "-p",
            "",
            "--",
            "sh",
            "-c",
            SKIP_PASSWORD,
            "sh",
            INPUT_MARK,
        ],
    };
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn limit(timeout: Option<Duration>) -> impl Iterator<Item = String> {
    let words = timeout.map(|timeout| {
        ["timeout".to_owned(), KILL_AFTER.to_owned(), format!("{:.3}", timeout.as_secs_f64())]
    });
    words.into_iter().flatten()
}

fn environment(command: &Command) -> impl Iterator<Item = String> {
    let fixed = ["env".to_owned(), "LC_ALL=C".to_owned(), format!("PATH={PATH}")];
    let given = command.environment().iter().map(|(name, value)| format!("{name}={value}"));
    fixed.into_iter().chain(given)
}

fn program(command: &Command) -> Vec<String> {
    let mut words: Vec<String> = match command.program() {
        Program::Named(name) => vec![name.clone()],
        Program::Script(text) => ["sh", "-c", text, "sh"].map(str::to_owned).to_vec(),
    };
    words.extend(command.arguments().iter().cloned());
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Write;
    use std::process::{Command as Process, Stdio};

    /// What a real shell makes of a line.
    fn shell(line: &str, input: &[u8]) -> Vec<u8> {
        let mut process = Process::new("sh");
        let process = process.arg("-c").arg(line).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = process.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        child.wait_with_output().unwrap().stdout
    }

    fn printed(words: &[String]) -> Vec<u8> {
        let mut expected: Vec<u8> =
            words.iter().flat_map(|word| [word.as_bytes(), b"\0"].concat()).collect();
        if words.is_empty() {
            expected.push(0);
        }
        expected
    }

    #[test]
    fn lines() {
        let command = Command::new("kubeadm").args(["init", "a b"]).env("A", "1 2");
        let common = format!("env 'LC_ALL=C' 'PATH={PATH}'");
        assert_eq!(
            line(&command, Elevation::None).unwrap(),
            format!("exec {common} 'A=1 2' kubeadm init 'a b'")
        );
        assert_eq!(
            line(&command.timeout(Duration::from_secs(2)), Elevation::Passwordless).unwrap(),
            format!(
                "exec env 'LC_ALL=C' sudo -n -- timeout '--kill-after=10' 2.000 \
                 {common} 'A=1 2' kubeadm init 'a b'"
            )
        );
    }

    #[test]
    fn a_nul_byte_is_refused() {
        assert_eq!(line(&Command::new("echo").arg("a\0b"), Elevation::None), None);
    }

    #[test]
    fn a_script_keeps_its_input_and_its_arguments() {
        let script = Command::script("printf '%s-' \"$0\" \"$@\"; cat");
        let line = line(&script.args(["a b", "$c"]), Elevation::None).unwrap();
        assert_eq!(shell(&line, b"input"), b"sh-a b-$c-input");
    }

    #[test]
    fn the_password_is_passed_over_and_the_input_is_not() {
        for before in ["", "secret\n", "secret\nsecret\n"] {
            let words = ["sh", "-c", SKIP_PASSWORD, "sh", INPUT_MARK, "cat", "-"];
            let line = shlex::try_join(words).unwrap();
            let input = format!("{before}{INPUT_MARK}\nfirst\nsecond");
            assert_eq!(shell(&line, input.as_bytes()), b"first\nsecond");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn every_argument_arrives_as_it_was(words in prop::collection::vec("[^\0]{0,12}", 0..5)) {
            let command = Command::new("printf").arg("%s\\0").args(words.clone());
            let line = line(&command, Elevation::None).unwrap();
            prop_assert_eq!(shell(&line, b""), printed(&words));
        }

        #[test]
        fn shell_letters_stay_letters(words in prop::collection::vec("[ '\"$`\\\\!*?~#&|;<>(){}\\[\\]\n\t=-]{1,8}", 1..4)) {
            let command = Command::new("printf").arg("%s\\0").args(words.clone());
            let line = line(&command, Elevation::None).unwrap();
            prop_assert_eq!(shell(&line, b""), printed(&words));
        }
    }
}
