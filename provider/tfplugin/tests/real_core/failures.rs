//! What goes wrong, and what is left then.

use crate::core::{Core, Running, Workspace, wait_until, with_each_core};

fn crash(at: &str, how: &str, value: &str) -> String {
    format!(
        "resource \"probe_crash\" \"crash\" {{\n at = {at:?}\n how = {how:?}\n value = {value:?}\n}}"
    )
}

#[test]
fn a_panic_is_an_error_that_says_where() {
    with_each_core(|core| {
        let workspace = core.workspace(&crash("create", "panic", "v"));
        let applied = workspace.apply();
        applied.assert_failed().assert_says("Error: the provider panicked");
        applied.assert_says("told to panic at Create (at ").assert_says("crash.rs:");
        assert!(workspace.instances().is_empty());
        workspace.configure(&crash("plan", "panic", "v"));
        workspace.plan().assert_failed().assert_says("told to panic at Plan");
        workspace.configure(&crash("validate", "panic", "v"));
        workspace.run(&["validate", "-no-color"]).assert_says("told to panic at Validate");
    });
}

#[test]
fn an_update_that_fails_keeps_the_state_before() {
    with_each_core(|core| {
        for how in ["panic", "error"] {
            let workspace = core.workspace(&crash("update", how, "1"));
            workspace.apply_and_find_nothing_to_do();
            workspace.configure(&crash("update", how, "2"));
            workspace.apply().assert_failed();
            assert_eq!(workspace.instances()[0]["attributes"]["value"], "1");
        }
    });
}

#[test]
fn a_removal_that_fails_keeps_the_object() {
    with_each_core(|core| {
        for how in ["panic", "error"] {
            let workspace = core.workspace(&crash("delete", how, "1"));
            workspace.apply_and_find_nothing_to_do();
            workspace.run(&["destroy", "-no-color", "-auto-approve"]).assert_failed();
            assert_eq!(workspace.instances().len(), 1);
        }
    });
}

#[test]
fn a_creation_that_fails_with_a_state_is_tainted() {
    with_each_core(|core| {
        let workspace = core.workspace(&crash("create", "partial_error", "v"));
        workspace.apply().assert_failed().assert_says("told to fail at Create");
        assert_eq!(workspace.instances()[0]["status"], "tainted");
        let workspace = core.workspace(&crash("create", "error", "v"));
        workspace.apply().assert_failed();
        assert!(workspace.instances().is_empty());
    });
}

#[test]
fn the_library_says_what_was_not_as_planned() {
    with_each_core(|core| {
        let workspace = core.workspace(&crash("create", "other_value", "v"));
        workspace.apply().assert_failed().assert_says("value: has another value than planned");
        let workspace = core.workspace(&crash("create", "unknown", "v"));
        workspace.apply().assert_failed().assert_says("result: is still unknown after apply");
    });
}

#[test]
fn errors_mark_the_line() {
    let configuration = r#"
        resource "probe_note" "note" {
          title = "t"
          author = {
            name = ""
          }
        }
    "#;
    with_each_core(|core| {
        let validated = core.workspace(configuration).run(&["validate", "-no-color"]);
        validated.assert_failed().assert_says("Error: nobody wrote it");
        validated.assert_says("10: author = {").assert_says("Attribute: author.name");
    });
}

#[test]
fn a_function_blames_its_argument() {
    let configuration = "output \"half\" { value = provider::probe::half(3) }";
    with_each_core(|core| {
        let planned = core.workspace(configuration).plan();
        planned.assert_failed().assert_says("an odd number has no whole half");
        planned.assert_says(r#"Invalid value for "number" parameter"#);
    });
}

fn slow(more: &str) -> String {
    format!("resource \"probe_slow\" \"slow\" {{\n begun = \"DIR/begun\"\n {more}\n}}")
}

/// An apply that has begun and does not end.
fn begun(core: &Core, more: &str) -> (Workspace, Running) {
    let workspace = core.workspace(&slow(&format!("endless = true\n {more}")));
    let apply = workspace.command(&["apply", "-no-color", "-auto-approve"]);
    let running = Running::start(apply);
    wait_until("the work begins", || workspace.path("begun").exists());
    (workspace, running)
}

#[test]
fn an_interrupt_ends_the_work_and_the_next_apply_goes_on() {
    with_each_core(|core| {
        let (workspace, running) = begun(core, "leaves_object = true");
        running.interrupt();
        let interrupted = running.wait();
        interrupted.assert_failed().assert_says("the work was interrupted");
        assert_eq!(workspace.instances()[0]["status"], "tainted");
        workspace.configure(&slow(""));
        workspace.apply_and_find_nothing_to_do();
    });
}

#[test]
fn an_interrupted_creation_may_leave_nothing() {
    with_each_core(|core| {
        let (workspace, running) = begun(core, "");
        running.interrupt();
        running.wait().assert_failed().assert_says("the work was interrupted");
        assert!(workspace.instances().is_empty());
    });
}

#[test]
fn when_core_is_killed_the_plugin_ends_by_itself() {
    with_each_core(|core| {
        let (workspace, running) = begun(core, "");
        let sockets = || std::fs::read_dir(workspace.sockets()).unwrap().count();
        assert_ne!(sockets(), 0);
        running.kill();
        wait_until("the plugin removes its socket", || sockets() == 0);
        // The pipes are closed only when the plugin is gone too.
        running.wait().assert_failed();
    });
}
