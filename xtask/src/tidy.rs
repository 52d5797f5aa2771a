//! Rules of the house that no compiler checks.
//!
//! The arrows between the crates are read from `cargo tree`, not from the manifests, so that a
//! dependency that comes in by a detour is seen too.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::shell;

/// Which workspace crates each crate may see.
const ARROWS: &[(&str, &[&str])] = &[
    ("tfplugin", &[]),
    ("host", &[]),
    ("cluster", &[]),
    ("operate", &["cluster", "host"]),
    ("terraform-provider-kubeadm", &["cluster", "host", "operate", "tfplugin"]),
];

/// Crates from outside that must not reach one of ours: this holds the design's "knows no".
const STRANGERS: &[(&str, &[&str])] = &[
    ("tfplugin", &["russh", "kube", "k8s-openapi"]),
    ("host", &["tonic", "prost", "kube", "k8s-openapi"]),
    ("cluster", &["tokio", "tonic", "russh", "kube"]),
    ("operate", &["tonic", "prost", "schemars"]),
];

const LONGEST_FILE: usize = 400;

/// Checks every rule and reports all that is wrong.
pub(crate) fn run() -> Result<()> {
    let mut findings = Vec::new();
    arrows(&mut findings)?;
    direct_arrows(&mut findings)?;
    sources(&mut findings)?;
    invariants(&mut findings)?;
    if findings.is_empty() {
        return Ok(());
    }
    bail!("tidy:\n  {}", findings.join("\n  "))
}

fn arrows(findings: &mut Vec<String>) -> Result<()> {
    let ours: BTreeSet<&str> = ARROWS.iter().map(|(name, _)| *name).collect();
    for (name, allowed) in ARROWS {
        for seen in tree(name, &[])? {
            if seen != *name && ours.contains(seen.as_str()) && !allowed.contains(&seen.as_str()) {
                findings.push(format!("crate {name} sees crate {seen}"));
            }
        }
    }
    for (name, banned) in STRANGERS {
        for seen in tree(name, &[])? {
            if banned.contains(&seen.as_str()) {
                findings.push(format!("crate {name} must not know {seen}"));
            }
        }
    }
    Ok(())
}

/// The binary reaches hosts only through `operate`.
fn direct_arrows(findings: &mut Vec<String>) -> Result<()> {
    if tree("terraform-provider-kubeadm", &["--depth", "1"])?.contains("host") {
        findings.push("the provider must not use host directly, only operate does".to_owned());
    }
    Ok(())
}

fn tree(name: &str, more: &[&str]) -> Result<BTreeSet<String>> {
    let mut arguments = vec![
        "tree",
        "--locked",
        "-p",
        name,
        "-e",
        "normal",
        "--prefix",
        "none",
        "--format",
        "{lib} {p}",
    ];
    arguments.extend_from_slice(more);
    let text = shell::output("cargo", &arguments)?;
    Ok(text.lines().filter_map(crate_name).collect())
}

fn crate_name(line: &str) -> Option<String> {
    line.split_whitespace().nth(1).map(str::to_owned)
}

fn sources(findings: &mut Vec<String>) -> Result<()> {
    for path in tracked_files()? {
        let Ok(text) = fs::read_to_string(acceptance::checkout().join(&path)) else {
            continue;
        };
        if is_rust(&path) {
            rust_source(&path, &text, findings);
        }
    }
    Ok(())
}

fn rust_source(path: &Path, text: &str, findings: &mut Vec<String>) {
    let name = path.display();
    let lines = text.lines().count();
    if lines > LONGEST_FILE && !name.to_string().contains("/tests/") {
        findings.push(format!("{name} has {lines} lines: it is probably two things"));
    }
    let banned = [concat!("#[ig", "nore"), concat!("TO", "DO"), concat!("FIX", "ME")];
    for word in banned {
        if text.contains(word) {
            findings.push(format!("{name} contains {word}"));
        }
    }
}

fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs")
}

/// The invariants of ARCHITECTURE.md name tests: they must exist.
fn invariants(findings: &mut Vec<String>) -> Result<()> {
    let text = fs::read_to_string(acceptance::checkout().join("ARCHITECTURE.md"))
        .context("reading ARCHITECTURE.md")?;
    let everything = all_rust()?;
    let section = text.split("## Invariants").nth(1).and_then(|rest| rest.split("\n## ").next());
    let names = section.unwrap_or_default().split('`').skip(1).step_by(2);
    let tests: Vec<&str> = names.filter(|name| name.matches('_').count() > 1).collect();
    if tests.len() < 12 {
        findings.push(format!("ARCHITECTURE.md names {} tests of its invariants", tests.len()));
    }
    for test in tests {
        if !everything.contains(&format!("fn {test}(")) {
            findings.push(format!("ARCHITECTURE.md names the test {test}, which does not exist"));
        }
    }
    Ok(())
}

fn all_rust() -> Result<String> {
    let mut all = String::new();
    for path in tracked_files()?.iter().filter(|path| is_rust(path)) {
        all.push_str(&fs::read_to_string(acceptance::checkout().join(path)).unwrap_or_default());
    }
    Ok(all)
}

fn tracked_files() -> Result<Vec<PathBuf>> {
    let text = shell::output("git", &["ls-files", "--cached", "--others", "--exclude-standard"])?;
    Ok(text.lines().map(PathBuf::from).collect())
}
