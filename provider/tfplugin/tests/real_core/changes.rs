//! Creating, changing, drifting, importing.

use std::fs;

use serde_json::json;

use crate::core::with_each_core;

#[test]
fn everything_is_applied_and_the_second_plan_is_empty() {
    let configuration = r#"
        provider "probe" { directory = "DIR" }
        resource "probe_note" "all" {
          title    = "First note"
          weight   = 123456789012345678901234567890.125
          tags     = ["x", "y"]
          lines    = ["1", "2"]
          lists    = { a = ["b"] }
          anything = { a = 1, b = ["c", true] }
          author   = { name = "me" }
          readers  = [{ name = "r1" }, { name = "r2" }]
          places   = [{ wall = "north" }, { wall = "south", height = 3 }]
          remarks  = { x = { words = "w" } }
          archive  = {}
          timeouts = { create = "5m" }
        }
        resource "probe_note" "least" { title = "t" }
        resource "probe_file" "file" { name = "file.txt" }
        data "probe_echo" "echo" { word = probe_note.all.slug }
        output "words" { value = data.probe_echo.echo.words }
        output "joined" { value = provider::probe::join_words("-", "a", "b") }
    "#;
    with_each_core(|core| {
        let workspace = core.workspace(configuration);
        workspace.apply_and_find_nothing_to_do();
        let state = workspace.state();
        assert_eq!(state["outputs"]["words"]["value"], json!(["first-note", "first-note"]));
        assert_eq!(state["outputs"]["joined"]["value"], "a-b");
        workspace.destroy();
        assert!(workspace.instances().is_empty());
    });
}

#[test]
fn whole_objects_are_passed_and_unknown_fields_inside_them_are_tolerated() {
    let configuration = r#"
        resource "probe_machine" "all" {
          for_each = { a = "ra", b = "rb" }
          name     = each.key
          rack     = each.value
        }
        resource "probe_group" "one" {
          leader   = probe_machine.all["a"]
          machines = values(probe_machine.all)
        }
    "#;
    with_each_core(|core| {
        let workspace = core.workspace(configuration);
        workspace.apply_and_find_nothing_to_do();
        let instances = workspace.instances();
        let group = instances.iter().find(|found| !found["attributes"]["ids"].is_null()).unwrap();
        assert_eq!(group["attributes"]["ids"], "id-of-a id-of-b");
    });
}

#[test]
fn changes_are_updates_or_replacements() {
    let configuration = |title: &str, text: &str| {
        format!("resource \"probe_note\" \"note\" {{\n title = {title:?}\n text = {text:?}\n}}")
    };
    with_each_core(|core| {
        let workspace = core.workspace(&configuration("a", "1"));
        workspace.apply_and_find_nothing_to_do();
        workspace.configure(&configuration("a", "2"));
        workspace.plan().assert_says("will be updated in-place").assert_says("1 to change");
        workspace.apply_and_find_nothing_to_do();
        workspace.configure(&configuration("b", "2"));
        workspace.plan().assert_says("# forces replacement").assert_says("1 to destroy");
        workspace.apply_and_find_nothing_to_do();
        assert_eq!(workspace.instances()[0]["attributes"]["id"], "note-b");
    });
}

#[test]
fn elements_of_sets_keep_their_computed_values() {
    let configuration = |places: &str| {
        format!("resource \"probe_note\" \"note\" {{\n title = \"t\"\n places = {places}\n}}")
    };
    let both = r#"[{ wall = "w" }, { wall = "w", height = 0 }]"#;
    let more = r#"[{ wall = "w" }, { wall = "w", height = 0 }, { wall = "v" }]"#;
    with_each_core(|core| {
        let workspace = core.workspace(&configuration(both));
        workspace.apply_and_find_nothing_to_do();
        workspace.configure(&configuration(more));
        workspace.apply_and_find_nothing_to_do();
    });
}

#[test]
fn drift_is_shown_and_repaired() {
    let configuration = r#"
        provider "probe" { directory = "DIR" }
        resource "probe_file" "file" {
          name    = "f"
          content = "ours"
        }
    "#;
    with_each_core(|core| {
        let workspace = core.workspace(configuration);
        workspace.apply_and_find_nothing_to_do();
        fs::write(workspace.path("f"), "theirs").unwrap();
        workspace.plan().assert_says(r#"~ content = "theirs" -> "ours""#);
        workspace.apply_and_find_nothing_to_do();
        fs::remove_file(workspace.path("f")).unwrap();
        workspace.plan().assert_says("1 to add, 0 to change");
        workspace.apply_and_find_nothing_to_do();
        assert_eq!(fs::read_to_string(workspace.path("f")).unwrap(), "ours");
        let removal = workspace.run(&["plan", "-destroy", "-no-color"]);
        removal.assert_says("Warning: the file will be lost");
    });
}

#[test]
fn a_file_is_imported_by_id() {
    let configuration = r#"
        provider "probe" { directory = "DIR" }
        resource "probe_file" "file" {
          name    = "f"
          content = "there"
        }
    "#;
    with_each_core(|core| {
        let workspace = core.workspace(configuration);
        fs::write(workspace.path("f"), "there").unwrap();
        let imported = workspace.run(&["import", "-no-color", "probe_file.file", "f"]);
        assert!(imported.succeeded(), "{}", imported.text);
        assert_eq!(workspace.plan().code, Some(0));
    });
}

#[test]
fn a_file_is_imported_by_identity() {
    let configuration = r#"
        provider "probe" { directory = "DIR" }
        import {
          to       = probe_file.file
          identity = { name = "f" }
        }
        resource "probe_file" "file" {
          name    = "f"
          content = "there"
        }
    "#;
    with_each_core(|core| {
        if !core.is_at_least((1, 12), (1, 12)) {
            return;
        }
        let workspace = core.workspace(configuration);
        fs::write(workspace.path("f"), "there").unwrap();
        workspace.apply_and_find_nothing_to_do().assert_says("1 imported, 0 added, 0 changed");
        assert_eq!(workspace.instances()[0]["identity"], json!({ "name": "f" }));
    });
}

#[test]
fn a_provider_may_be_configured_with_what_is_not_known_yet() {
    let configuration = |generation: u8| {
        format!(
            r#"
            resource "terraform_data" "directory" {{
              input            = "DIR"
              triggers_replace = {generation}
            }}
            provider "probe" {{ directory = terraform_data.directory.output }}
            resource "probe_file" "file" {{
              name    = "f"
              content = "c"
            }}
            "#
        )
    };
    with_each_core(|core| {
        let workspace = core.workspace(&configuration(1));
        workspace.apply_and_find_nothing_to_do();
        workspace.configure(&configuration(2));
        let plan = workspace.plan();
        plan.assert_says("terraform_data.directory must be replaced");
        plan.assert_says("1 to add, 0 to change, 1 to destroy");
        workspace.apply_and_find_nothing_to_do();
    });
}

#[test]
fn a_value_of_six_megabytes_passes() {
    with_each_core(|core| {
        let workspace = core.workspace(r#"resource "probe_blob" "blob" { size = 6000000 }"#);
        workspace.apply_and_find_nothing_to_do();
        let content = workspace.instances()[0]["attributes"]["content"].clone();
        assert_eq!(content.as_str().map(str::len), Some(6_000_000));
    });
}
