//! What is run on the host to keep a unit.

use crate::command::Command;
use crate::shell::words;

/// What [`START`] prints where a unit of this name is there already.
pub(crate) const FOUND: &str = "found";

/// Starts unit `$1` by the remaining arguments of `systemd-run`, unless it is there. Standard input
/// becomes the unit's, kept in a file that only root can read; `$2` is its length, or `-` for none.
pub(crate) const START: &str = r#"set -eu
unit=$1 size=$2
shift 2
loaded() {
  state=$(systemctl show --property=LoadState -- "$unit.service")
  [ "$state" != LoadState=not-found ]
}
if loaded; then echo found; exit 0; fi
umask 077
directory=/run/terraform-provider-kubeadm
mkdir -p -- "$directory"
rm -f -- "$directory/$unit.stdin" "$directory/$unit.stdout" "$directory/$unit.stderr"
if [ "$size" != - ]; then
  cat >"$directory/$unit.stdin"
  arrived=$(wc -c <"$directory/$unit.stdin")
  if [ "$arrived" -ne "$size" ]; then
    rm -f -- "$directory/$unit.stdin"
    echo "only $arrived of $size bytes of its input arrived" >&2
    exit 1
  fi
fi
systemd-run "$@" && exit 0
status=$?
if loaded; then echo found; exit 0; fi
exit "$status"
"#;

/// What the state of unit `$1` is read from.
macro_rules! show {
    () => {
        r#"exec systemctl show --property=LoadState,ActiveState,SubState,Result,ExecMainCode,ExecMainStatus -- "$1.service""#
    };
}

/// State of unit `$1` as systemd tells it.
pub(crate) const STATUS: &str = show!();

/// The same once its command has ended, or after `$2` seconds: the host looks for the end itself, which
/// costs it less than being asked again and again, and is seen at once.
pub(crate) const AWAIT: &str = concat!(
    r#"process=$(systemctl show --property=MainPID --value -- "$1.service")
[ "${process:-0}" -eq 0 ] || timeout "$2" tail --pid="$process" --sleep-interval=0.1 -f /dev/null
"#,
    show!()
);

/// What unit `$1` printed, on the same streams.
pub(crate) const OUTPUT: &str = r#"cd /run/terraform-provider-kubeadm 2>/dev/null || exit 0
[ ! -e "$1.stdout" ] || cat -- "$1.stdout"
[ ! -e "$1.stderr" ] || cat -- "$1.stderr" >&2
"#;

/// Stops unit `$1` and removes its files. That it is gone already is fine.
pub(crate) const DISCARD: &str = r#"systemctl stop -- "$1.service" 2>/dev/null
systemctl reset-failed -- "$1.service" 2>/dev/null
cd /run/terraform-provider-kubeadm 2>/dev/null || exit 0
rm -f -- "$1.stdin" "$1.stdout" "$1.stderr"
"#;

/// Makes the host start a unit. systemd replaces variables in arguments, unless they are escaped.
pub(super) fn start(name: &str, command: &Command) -> Command {
    let size = command.input().map_or_else(|| "-".to_owned(), |input| input.len().to_string());
    Command::script(START)
        .args([name.to_owned(), size])
        .args(options(name, command))
        .arg("--")
        .args(words(command).iter().map(|word| word.replace('$', "$$")))
        .stdin(command.input().unwrap_or_default())
}

/// Options of `systemd-run`. The unit stays when its command has ended, so that its status can be
/// asked; output goes to files, since a journal may drop lines.
fn options(name: &str, command: &Command) -> Vec<String> {
    let file = |stream: &str| format!("/run/terraform-provider-kubeadm/{name}.{stream}");
    let mut options = vec![
        "--quiet".to_owned(),
        "--no-ask-password".to_owned(),
        format!("--unit={name}"),
        format!("--description=terraform-provider-kubeadm: {command}"),
        "--property=RemainAfterExit=yes".to_owned(),
        "--property=TimeoutStopSec=10".to_owned(),
        "--property=UMask=0022".to_owned(),
        format!("--property=StandardOutput=file:{}", file("stdout")),
        format!("--property=StandardError=file:{}", file("stderr")),
    ];
    if command.input().is_some() {
        options.push(format!("--property=StandardInput=file:{}", file("stdin")));
    }
    if let Some(limit) = command.time_limit() {
        options.push(format!("--property=RuntimeMaxSec={:.3}", limit.as_secs_f64()));
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn no_argument_holds_what_the_command_reads() {
        let command = Command::new("kubeadm").arg("join").stdin("token: hunter2");
        let start = start("join", &command);
        assert!(start.arguments().iter().all(|argument| !argument.contains("hunter2")));
        assert_eq!(start.input(), Some(&b"token: hunter2"[..]));
        assert_eq!(start.arguments().get(1).map(String::as_str), Some("14"));
    }

    #[test]
    fn options_follow_the_command() {
        let plain = options("u", &Command::new("true"));
        assert!(!plain.iter().any(|option| option.contains("Runtime") || option.contains("Input")));
        let limited =
            options("u", &Command::new("true").timeout(Duration::from_secs(90)).stdin("x"));
        assert!(limited.contains(&"--property=RuntimeMaxSec=90.000".to_owned()));
        let input =
            "--property=StandardInput=file:/run/terraform-provider-kubeadm/u.stdin".to_owned();
        assert!(limited.contains(&input));
    }
}
