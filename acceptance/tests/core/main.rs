//! The built provider under real cores, without hosts.

use std::fs;
use std::path::{Path, PathBuf};

use acceptance::{Core, Lab, Workspace, checkout, examples_directory};
use anyhow::{Context, Result, ensure};
use serde_json::Value;

fn lab() -> Result<Lab> {
    Lab::up(&[])
}

/// Every example directory is valid for both cores.
#[test]
fn every_example_validates() -> Result<()> {
    let lab = lab()?;
    let directories = directories_with_configuration(&examples_directory())?;
    ensure!(directories.len() > 8, "examples are missing: {directories:?}");
    for core in Core::all(&lab) {
        for directory in &directories {
            let workspace = copy_of(&lab, core, directory)?;
            let run = workspace.1.run(&["validate", "-no-color"])?;
            ensure!(run.code == Some(0), "{}: {}", directory.display(), run.text);
        }
    }
    Ok(())
}

/// `tofu fmt` and `terraform fmt` would change no example.
#[test]
fn every_example_is_formatted() -> Result<()> {
    let lab = lab()?;
    let run = Workspace::new(&lab, Core::OpenTofu, &examples_directory())?.run(&[
        "fmt",
        "-check",
        "-recursive",
        "-diff",
    ])?;
    run.require_success()?;
    Ok(())
}

/// The committed schema is what a core prints of the built provider.
#[test]
fn the_committed_schema_is_what_core_prints() -> Result<()> {
    let lab = lab()?;
    let directory = tempfile::tempdir()?;
    let workspace = Workspace::new(&lab, Core::OpenTofu, directory.path())?;
    workspace.write("main.tf", REQUIRED_PROVIDERS)?;
    let output = workspace.command(&["providers", "schema", "-json"]).output()?;
    let printed: Value = serde_json::from_slice(&output.stdout)
        .with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
    let committed: Value =
        serde_json::from_str(&fs::read_to_string(checkout().join("schemas/provider.json"))?)?;
    let ours = |document: &Value| first_provider(document).cloned();
    for part in
        ["provider", "resource_schemas", "data_source_schemas", "ephemeral_resource_schemas"]
    {
        let (printed, committed) = (ours(&printed), ours(&committed));
        let part_of =
            |document: &Option<Value>| document.as_ref().and_then(|it| it.get(part)).cloned();
        ensure!(part_of(&committed).is_some(), "schemas/provider.json has no {part}");
        ensure!(part_of(&printed) == part_of(&committed), "{part} differs: run make generate");
    }
    Ok(())
}

fn first_provider(document: &Value) -> Option<&Value> {
    document.get("provider_schemas")?.as_object()?.values().next()
}

/// A provider block that is unknown at plan (a key made in the same run) plans without an error.
#[test]
fn an_unknown_provider_configuration_plans() -> Result<()> {
    let lab = lab()?;
    for core in Core::all(&lab) {
        let directory = tempfile::tempdir()?;
        let workspace = Workspace::new(&lab, core, directory.path())?;
        workspace.write("main.tf", &format!("{REQUIRED_PROVIDERS}{UNKNOWN_PROVIDER}"))?;
        let text = workspace.run(&["plan", "-no-color", "-input=false"])?.require_success()?;
        ensure!(text.contains("kubeadm_node.this will be created"), "{text}");
    }
    Ok(())
}

/// A real `init` from a mirror on disk: the lock file is written, and the plan works with it.
#[test]
fn the_provider_is_installed_from_a_mirror() -> Result<()> {
    let lab = lab()?;
    for core in Core::all(&lab) {
        let directory = tempfile::tempdir()?;
        let workspace = Workspace::new(&lab, core, directory.path())?;
        let package = "mirror/example.com/kubeadm/kubeadm/0.1.0/linux_amd64";
        fs::create_dir_all(directory.path().join(package))?;
        fs::copy(
            checkout().join("target/debug/terraform-provider-kubeadm"),
            directory.path().join(package).join("terraform-provider-kubeadm_v0.1.0"),
        )?;
        let mirror = directory.path().join("mirror");
        workspace.write(
            "cli.tfrc",
            &format!("provider_installation {{\n  filesystem_mirror {{\n    path = {mirror:?}\n  }}\n}}\n"),
        )?;
        let source = "\"example.com/kubeadm/kubeadm\"";
        workspace.write("main.tf", &REQUIRED_PROVIDERS.replace("\"kubeadm/kubeadm\"", source))?;
        for arguments in [&["init", "-no-color"][..], &["providers", "schema", "-json"]] {
            let mut command = lab.inside("env");
            command
                .arg(format!("TF_CLI_CONFIG_FILE={}", directory.path().join("cli.tfrc").display()))
                .arg(core.program())
                .args(arguments)
                .current_dir(directory.path());
            let text = acceptance::Run::of(&command.output()?).require_success()?;
            ensure!(arguments[0] == "init" || text.contains("kubeadm_node"), "{text}");
        }
        ensure!(
            directory.path().join(".terraform.lock.hcl").exists(),
            "a lock file should be written"
        );
    }
    Ok(())
}

/// Users test their modules with a mocked provider: types and computed flags must carry it.
#[test]
fn the_scenario_passes_a_test_with_mocks() -> Result<()> {
    let lab = lab()?;
    for core in Core::all(&lab) {
        let scenario = examples_directory().join("scenarios/single");
        let (_directory, workspace) = copy_of(&lab, core, &scenario)?;
        workspace.write("mocks.tftest.hcl", MOCKED_TEST)?;
        let text = workspace.run(&["test", "-no-color"])?.require_success()?;
        ensure!(text.contains("1 passed, 0 failed"), "{text}");
    }
    Ok(())
}

/// What is wrong in a configuration is said at plan, at the attribute's place.
#[test]
fn bad_input_is_refused_at_plan() -> Result<()> {
    let lab = lab()?;
    for (change, wanted) in [
        (
            "kubernetes_version = \"1.35.4\"",
            ("kubernetes_version = \"1.30.1\"", "PLAN-VERSION-FLOOR"),
        ),
        ("pod_subnet = \"10.50.0.0/16\"", ("pod_subnet = \"10.96.0.0/16\"", "PLAN-CIDR-OVERLAP")),
        (
            "pod_subnet = \"10.50.0.0/16\"",
            ("pod_subnet = \"10.50.0.0/25\"", "PLAN-PODCIDR-CAPACITY"),
        ),
        ("extra_args = {}", ("extra_args = { initial-cluster = [\"x\"] }", "PLAN-ETCD-ARGS")),
    ] {
        let directory = tempfile::tempdir()?;
        let workspace = Workspace::new(&lab, Core::OpenTofu, directory.path())?;
        let text = CLUSTER.replace(change, wanted.0);
        workspace.write("main.tf", &format!("{REQUIRED_PROVIDERS}{text}"))?;
        let printed = workspace.run(&["plan", "-no-color", "-input=false"])?.require_failure()?;
        ensure!(printed.contains(wanted.1), "{} should be said\n{printed}", wanted.1);
        ensure!(printed.contains("on main.tf line"), "the place should be shown\n{printed}");
    }
    Ok(())
}

fn directories_with_configuration(root: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut waiting = vec![root.to_path_buf()];
    while let Some(directory) = waiting.pop() {
        let mut has_configuration = false;
        for entry in fs::read_dir(&directory)? {
            let path = entry?.path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "tf") {
                has_configuration = true;
            }
        }
        if has_configuration {
            found.push(directory);
        }
    }
    found.sort();
    Ok(found)
}

fn copy_of(lab: &Lab, core: Core, source: &Path) -> Result<(tempfile::TempDir, Workspace)> {
    let directory = tempfile::tempdir()?;
    for entry in fs::read_dir(source)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "tf") {
            fs::copy(&path, directory.path().join(path.file_name().unwrap_or_default()))?;
        }
    }
    let workspace = Workspace::new(lab, core, directory.path())?;
    Ok((directory, workspace))
}

const REQUIRED_PROVIDERS: &str = r#"
terraform {
  required_providers {
    kubeadm = {
      source = "kubeadm/kubeadm"
    }
  }
}
"#;

const UNKNOWN_PROVIDER: &str = r#"
resource "terraform_data" "key" {
  input = "secret"
}

provider "kubeadm" {
  ssh = { private_key = terraform_data.key.output }
}

resource "kubeadm_node" "this" {
  name    = "n1"
  address = "192.0.2.1"
}
"#;

const CLUSTER: &str = r#"
resource "kubeadm_node" "this" {
  name    = "n1"
  address = "192.0.2.1"
}

resource "kubeadm_cluster" "this" {
  name               = "prod"
  kubernetes_version = "1.35.4"
  endpoint           = { host = "192.0.2.1" }
  networking = {
    pod_subnet = "10.50.0.0/16"
  }
  etcd = {
    local = {
      extra_args = {}
    }
  }
  control_plane_nodes = [kubeadm_node.this]
}
"#;

const MOCKED_TEST: &str = r#"
mock_provider "kubeadm" {}

variables {
  control_plane        = { cp1 = { address = "192.0.2.11" } }
  workers              = { w1 = { address = "192.0.2.21" } }
  ssh_private_key_file = "unused"
  kubernetes_version   = "1.35.4"
}

run "apply" {
  assert {
    condition     = kubeadm_worker.this["w1"].node.name == "w1"
    error_message = "the worker should be on its node"
  }
}
"#;
