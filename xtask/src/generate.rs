//! Writes `docs/` and `schemas/` from the provider's own declarations, or checks that they are new.

mod attributes;
mod examples;
mod page;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail, ensure};
use provider::Kubeadm;
use serde_json::Value;
use tfplugin::Catalog;

/// Address under which core prints the schemas of the provider.
const ADDRESS: &str = "kubeadm/kubeadm";

/// Places where every file is generated; `docs` holds hand-written ones too.
const OWNED: [&str; 5] = [
    "docs/resources",
    "docs/data-sources",
    "docs/ephemeral-resources",
    "docs/functions",
    "schemas",
];

/// Path below the checkout to content.
type Files = BTreeMap<PathBuf, String>;

/// Writes everything anew.
pub(crate) fn write() -> Result<()> {
    let files = files()?;
    for stale in on_disk()?.difference(&files.keys().cloned().collect()) {
        fs::remove_file(absolute(stale))?;
    }
    for (path, content) in &files {
        let path = absolute(path);
        fs::create_dir_all(path.parent().context("a generated file is in a directory")?)?;
        fs::write(&path, content).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}

/// Fails when a file is not as it would be written, and shows where.
pub(crate) fn check() -> Result<()> {
    let files = files()?;
    let mut differences = Vec::new();
    for (path, content) in &files {
        let found = fs::read_to_string(absolute(path)).unwrap_or_default();
        if found != *content {
            differences.push(difference(path, &found, content));
        }
    }
    let wanted = files.keys().cloned().collect();
    let stale = on_disk()?;
    let stale = stale.difference(&wanted).map(|path| format!("{}: not generated", path.display()));
    differences.extend(stale);
    if !differences.is_empty() {
        bail!("generated files are old, run: make generate\n{}", differences.join("\n"));
    }
    Ok(())
}

fn files() -> Result<Files> {
    let catalog = Catalog::of::<Kubeadm>().map_err(|errors| anyhow!("schemas: {errors:?}"))?;
    readme_shows_the_example()?;
    let mut files = page::all(&catalog)?;
    let schemas = Path::new("schemas");
    files.insert(schemas.join("provider.json"), pretty(&catalog.to_json(ADDRESS))?);
    for (name, schema) in catalog.json_schemas() {
        files.insert(schemas.join(format!("{name}.schema.json")), pretty(schema)?);
    }
    Ok(files)
}

fn pretty(json: &Value) -> Result<String> {
    Ok(serde_json::to_string_pretty(json)? + "\n")
}

/// The first configuration of the README is the one that the tests run.
fn readme_shows_the_example() -> Result<()> {
    let readme = fs::read_to_string(absolute(Path::new("README.md")))?;
    let path = "examples/provider/provider.tf";
    let example = fs::read_to_string(absolute(Path::new(path)))?;
    ensure!(readme.contains(&example), "README.md does not show {path}: copy it there");
    Ok(())
}

/// Files in the places where all are generated.
fn on_disk() -> Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    for place in OWNED {
        let Ok(entries) = fs::read_dir(absolute(Path::new(place))) else { continue };
        for entry in entries {
            found.insert(Path::new(place).join(entry?.file_name()));
        }
    }
    Ok(found)
}

fn absolute(path: &Path) -> PathBuf {
    acceptance::checkout().join(path)
}

/// The first lines that differ.
fn difference(path: &Path, found: &str, wanted: &str) -> String {
    const SHOWN: usize = 10;
    let (found, wanted): (Vec<&str>, Vec<&str>) =
        (found.lines().collect(), wanted.lines().collect());
    let same = found.iter().zip(&wanted).take_while(|(one, other)| one == other).count();
    let lines = |sign: &str, lines: &[&str]| -> Vec<String> {
        lines.iter().skip(same).take(SHOWN).map(|line| format!("{sign} {line}")).collect()
    };
    let lines = [lines("-", &found), lines("+", &wanted)].concat();
    format!("{} from line {}:\n{}", path.display(), same + 1, lines.join("\n"))
}
