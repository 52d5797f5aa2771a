//! Mirrors of registries, as containerd reads them: a directory a registry.

use super::HEADER;
use super::intent::{ContainerRuntime, MirrorPath, RegistryMirror, Verification};
use crate::observed::{Directories, ManagedFile};
use std::collections::BTreeMap;
use toml::{Table, Value};

pub(super) fn files(runtime: &ContainerRuntime) -> BTreeMap<String, ManagedFile> {
    runtime
        .registry_mirrors
        .iter()
        .map(|(registry, mirror)| (path(registry), ManagedFile::public(content(registry, mirror))))
        .collect()
}

/// File of one registry; `_default` is all that have none.
fn path(registry: &str) -> String {
    format!("{}/{registry}/hosts.toml", Directories::MIRRORS)
}

/// Endpoints keep their order, which is the order in which they are tried; a table would sort them.
fn content(registry: &str, mirror: &RegistryMirror) -> String {
    let server = match registry {
        "_default" => String::new(),
        "docker.io" => "server = \"https://registry-1.docker.io\"\n\n".to_owned(),
        _ => format!("server = {}\n\n", Value::String(format!("https://{registry}"))),
    };
    let hosts: Vec<String> =
        mirror.endpoints.iter().map(|endpoint| host(endpoint, mirror)).collect();
    format!("{HEADER}{server}{}", hosts.join("\n"))
}

fn host(endpoint: &str, mirror: &RegistryMirror) -> String {
    let mut table = Table::new();
    table.insert("capabilities".to_owned(), capabilities(mirror).into());
    if mirror.verification == Verification::Skipped {
        table.insert("skip_verify".to_owned(), true.into());
    }
    if mirror.path == MirrorPath::Whole {
        table.insert("override_path".to_owned(), true.into());
    }
    format!("[host.{}]\n{table}", Value::String(endpoint.to_owned()))
}

fn capabilities(mirror: &RegistryMirror) -> Vec<String> {
    if mirror.capabilities.is_empty() {
        return vec!["pull".to_owned(), "resolve".to_owned()];
    }
    mirror.capabilities.iter().cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_keep_their_order() {
        let mirror = RegistryMirror {
            endpoints: vec!["http://b:5000".to_owned(), "https://a/v2/proxy".to_owned()],
            path: MirrorPath::Whole,
            verification: Verification::Skipped,
            ..RegistryMirror::default()
        };
        let text = content("ghcr.io", &mirror);
        assert_eq!(
            text.strip_prefix(HEADER).unwrap(),
            "server = \"https://ghcr.io\"\n\n[host.\"http://b:5000\"]\ncapabilities = [\"pull\", \"resolve\"]\noverride_path = true\nskip_verify = true\n\n[host.\"https://a/v2/proxy\"]\ncapabilities = [\"pull\", \"resolve\"]\noverride_path = true\nskip_verify = true\n"
        );
        let read: Table = text.parse().unwrap();
        assert_eq!(read["host"].as_table().unwrap().len(), 2);
    }
}
