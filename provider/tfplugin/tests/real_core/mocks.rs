//! Users test their modules with mocks that core makes from our schemas.

use std::fs;

use crate::core::{Core, Ran, Workspace, provider, with_each_core};

const CONFIGURATION: &str = r#"
resource "probe_machine" "one" { name = "m" }
resource "probe_group" "all" {
  leader   = probe_machine.one
  machines = [probe_machine.one]
}
resource "probe_note" "note" {
  title  = "t"
  places = [{ wall = "north" }]
}
"#;

const TEST: &str = r#"
mock_provider "probe" {
  mock_resource "probe_machine" {
    defaults = { machine_id = "mocked" }
  }
}
run "mocked" {
  assert {
    condition     = probe_group.all.leader.machine_id == "mocked"
    error_message = "the mocked id does not arrive"
  }
}
run "planned" {
  command = plan
  assert {
    condition     = probe_note.note.priority != ""
    error_message = "no priority"
  }
}
"#;

/// A workspace initialised from a directory of releases, as users do it.
fn initialised(core: &Core) -> Workspace {
    let workspace = core.workspace(CONFIGURATION);
    let release = "releases/example.com/test/probe/0.1.0/linux_amd64";
    fs::create_dir_all(workspace.path(release)).unwrap();
    let binary = workspace.path(release).join("terraform-provider-probe_v0.1.0");
    fs::copy(provider(), binary).unwrap();
    workspace.install_from(&workspace.path("releases"));
    let configuration = fs::read_to_string(workspace.path("main.tf")).unwrap();
    let configuration = configuration.replace("test/probe", "example.com/test/probe");
    fs::write(workspace.path("main.tf"), configuration).unwrap();
    let initialised = workspace.run(&["init", "-no-color"]);
    assert!(initialised.succeeded(), "{}", initialised.text);
    workspace
}

#[test]
fn modules_are_tested_with_mocks() {
    with_each_core(|core| {
        if !core.is_at_least((1, 7), (1, 8)) {
            return;
        }
        let workspace = initialised(core);
        fs::write(workspace.path("main.tftest.hcl"), TEST).unwrap();
        let tested: Ran = workspace.run(&["test", "-no-color"]);
        assert!(tested.succeeded(), "{}", tested.text);
        tested.assert_says("2 passed, 0 failed");
    });
}
