//! Schemas and states of other versions and types.

#[path = "../../examples/protocol_probe/main.rs"]
#[expect(dead_code, reason = "only its schemas are of interest here")]
mod probe;

use std::fs;

use serde_json::Value;
use tfplugin::Catalog;

use crate::core::with_each_core;

#[test]
fn core_prints_the_schemas_that_the_catalog_has() {
    let catalog = Catalog::of::<probe::Probe>().unwrap();
    with_each_core(|core| {
        let workspace = core.workspace(r#"provider "probe" {}"#);
        let printed = workspace.command(&["providers", "schema", "-json"]).output().unwrap();
        let mut printed: Value = serde_json::from_slice(&printed.stdout).unwrap();
        let providers = printed["provider_schemas"].as_object().unwrap();
        let address = providers.keys().next().unwrap().clone();
        let mut expected = catalog.to_json(&address);
        if printed["provider_schemas"][&address]["resource_identity_schemas"].is_null() {
            let provider = expected["provider_schemas"][&address].as_object_mut().unwrap();
            provider.remove("resource_identity_schemas");
        }
        sort(&mut printed);
        sort(&mut expected);
        assert_eq!(expected, printed);
    });
}

/// So that a difference is easy to see.
fn sort(json: &mut Value) {
    if let Value::Object(fields) = json {
        fields.sort_keys();
        fields.values_mut().for_each(sort);
    }
}

#[test]
fn a_state_of_an_older_version_is_brought_up_to_date() {
    with_each_core(|core| {
        let workspace = core.workspace(r#"resource "probe_note" "note" { title = "t" }"#);
        workspace.apply_and_find_nothing_to_do();
        let mut state = workspace.state();
        let instance = &mut state["resources"][0]["instances"][0];
        instance["schema_version"] = 0.into();
        let attributes = instance["attributes"].as_object_mut().unwrap();
        let title = attributes.remove("title").unwrap();
        attributes.insert("name".to_owned(), title);
        fs::write(workspace.path("terraform.tfstate"), state.to_string()).unwrap();
        let plan = workspace.plan();
        assert_eq!(plan.code, Some(0), "{}", plan.text);
    });
}

#[test]
fn an_object_moves_to_another_type() {
    with_each_core(|core| {
        if !core.is_at_least((1, 8), (1, 10)) {
            return;
        }
        let workspace = core.workspace(r#"resource "probe_blob" "blob" { size = 0 }"#);
        workspace.apply_and_find_nothing_to_do();
        fs::write(workspace.path("moved"), "").unwrap();
        workspace.configure(
            r#"
            provider "probe" { directory = "DIR" }
            moved {
              from = probe_blob.blob
              to   = probe_file.file
            }
            resource "probe_file" "file" { name = "moved" }
            "#,
        );
        let planned = workspace.plan();
        planned.assert_says("probe_blob.blob has moved to probe_file.file");
        planned.assert_says("0 to add, 0 to change, 0 to destroy");
        workspace.apply_and_find_nothing_to_do();
    });
}
