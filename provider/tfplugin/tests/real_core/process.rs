//! The plugin as a process: start, logs, debugging.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use crate::core::{provider, with_each_core};

#[test]
fn a_user_who_starts_the_plugin_is_told_what_it_is() {
    let output = Command::new(provider()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.starts_with("This binary is a plugin."), "{text}");
}

#[test]
fn logs_arrive_with_their_levels_and_fields() {
    with_each_core(|core| {
        let workspace = core.workspace(
            "resource \"probe_crash\" \"crash\" {\n at = \"create\"\n how = \"panic\"\n}",
        );
        let mut command = workspace.command(&["apply", "-no-color", "-auto-approve"]);
        let ran = command.env("TF_LOG_PROVIDER", "trace").output().unwrap();
        let log = String::from_utf8(ran.stderr).unwrap();
        let panic = log.lines().find(|line| line.contains("panic: told to panic at Create"));
        let panic = panic.unwrap_or_else(|| panic!("no panic in the log: {log}"));
        assert!(panic.contains("[ERROR]"), "{panic}");
        assert!(panic.contains("location="), "{panic}");
        assert!(!log.contains(r#"{"@"#), "a line was not understood: {log}");
    });
}

#[test]
fn core_uses_a_provider_that_runs_under_a_debugger() {
    with_each_core(|core| {
        let workspace = core.workspace(r#"resource "probe_note" "note" { title = "t" }"#);
        let mut plugin = Command::new(provider())
            .arg("--debug=test/probe")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(plugin.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut settings = lines.filter_map(|line| {
            let value = line.trim().strip_prefix("export TF_REATTACH_PROVIDERS='")?;
            value.strip_suffix('\'').map(ToOwned::to_owned)
        });
        let reattach = settings.next().unwrap();
        let mut command = workspace.command(&["apply", "-no-color", "-auto-approve"]);
        let applied = command.env("TF_REATTACH_PROVIDERS", reattach).output().unwrap();
        assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
        assert_eq!(plugin.try_wait().unwrap(), None, "core does not end it");
        let id = plugin.id().to_string();
        Command::new("kill").args(["-s", "INT", &id]).status().unwrap();
        assert!(plugin.wait().unwrap().success());
    });
}
