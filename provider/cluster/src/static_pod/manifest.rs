use crate::intent::ExtraArguments;
use crate::leaves::canonical;
use crate::observed::sha256;
use crate::yaml::{self, Json, YamlError};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Arguments by which etcd's first start finds the others; with data they mean nothing, and each
/// member has those of the moment when it joined.
const BOOTSTRAP: [&str; 2] = ["initial-cluster", "initial-cluster-state"];

/// What a static pod's manifest says, in the parts that people change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaticPod {
    /// Image of its container.
    pub image: String,
    /// Arguments, name without dashes to values; those of etcd's first start are left out.
    pub arguments: ExtraArguments,
    /// Environment variables that have a plain value.
    pub environment: BTreeMap<String, String>,
    /// Host paths by the name of the volume, as `HOST_PATH:MOUNT_PATH`, with `:ro` where it is
    /// mounted read-only.
    pub volumes: BTreeMap<String, String>,
    /// SHA-256 of all the rest: probes, resources, security context, labels and annotations.
    pub rest_sha256: String,
}

/// Why a text is no manifest of a control plane component.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// It is not YAML.
    #[error("it is not YAML")]
    Yaml(#[from] YamlError),
    /// It has not one container.
    #[error("it has {0} containers, not one")]
    Containers(usize),
}

impl StaticPod {
    /// Reads a manifest.
    ///
    /// # Errors
    /// When it is not YAML, or not a pod with one container.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let mut pod = Value::Object(yaml::read_map(text)?);
        let mut container = container(&mut pod)?.take();
        let command = [taken(&mut container, "command"), taken(&mut container, "args")];
        let words = command.iter().flat_map(texts);
        let image = taken(&mut container, "image").as_str().unwrap_or_default().to_owned();
        let environment = environment(&mut container);
        let mounts = taken(&mut container, "volumeMounts");
        let volumes = volumes(&mut pod, &mounts);
        let rest = canonical(&Value::Array(vec![pod, container]));
        Ok(Self {
            image,
            arguments: words.skip(1).filter_map(argument).fold(
                ExtraArguments::default(),
                |all, (name, value)| {
                    if BOOTSTRAP.contains(&name) { all } else { all.with(name, value) }
                },
            ),
            environment,
            volumes,
            rest_sha256: sha256(&rest),
        })
    }
}

/// The manifest `rendered` anew, with the arguments of etcd's first start as they are at `present`:
/// kubeadm renders those of a member that is alone.
///
/// # Errors
/// When one of the two is no manifest.
pub fn with_bootstrap_arguments(rendered: &str, present: &str) -> Result<String, ManifestError> {
    let mut present = Value::Object(yaml::read_map(present)?);
    let kept: Vec<Value> = texts(&taken(container(&mut present)?, "command"))
        .filter(|word| is_bootstrap(word))
        .map(Value::from)
        .collect();
    let mut pod = Value::Object(yaml::read_map(rendered)?);
    if let Some(Value::Array(words)) = container(&mut pod)?.get_mut("command") {
        words.retain(|word| !word.as_str().is_some_and(is_bootstrap));
        words.extend(kept);
    }
    Ok(yaml::write(&Json(&pod))?)
}

fn is_bootstrap(word: &str) -> bool {
    argument(word).is_some_and(|(name, _)| BOOTSTRAP.contains(&name))
}

fn container(pod: &mut Value) -> Result<&mut Value, ManifestError> {
    match pod.pointer_mut("/spec/containers") {
        Some(Value::Array(all)) => match all.as_mut_slice() {
            [one] => Ok(one),
            all => Err(ManifestError::Containers(all.len())),
        },
        _ => Err(ManifestError::Containers(0)),
    }
}

/// Takes a field out of a map; null when it is not there.
fn taken(value: &mut Value, field: &str) -> Value {
    value.as_object_mut().and_then(|map| map.remove(field)).unwrap_or_default()
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// `--NAME=VALUE`, or `--NAME` alone, which is a flag that is set.
fn argument(word: &str) -> Option<(&str, &str)> {
    let word = word.strip_prefix("--")?;
    Some(word.split_once('=').unwrap_or((word, "true")))
}

/// Variables with a plain value; those from elsewhere stay among the rest.
fn environment(container: &mut Value) -> BTreeMap<String, String> {
    let Value::Array(all) = taken(container, "env") else { return BTreeMap::new() };
    let (plain, rest): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|variable| variable.get("valueFrom").is_none());
    if let Some(map) = container.as_object_mut().filter(|_| !rest.is_empty()) {
        map.insert("env".to_owned(), Value::Array(rest));
    }
    let text = |variable: &Value, field| {
        variable.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    plain.iter().map(|variable| (text(variable, "name"), text(variable, "value"))).collect()
}

/// Host paths, each with its mount; a volume of another kind stays among the rest.
fn volumes(pod: &mut Value, mounts: &Value) -> BTreeMap<String, String> {
    let Some(spec) = pod.get_mut("spec") else { return BTreeMap::new() };
    let Value::Array(all) = taken(spec, "volumes") else { return BTreeMap::new() };
    let (paths, rest): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|volume| volume.pointer("/hostPath/path").is_some());
    if let Some(map) = spec.as_object_mut().filter(|_| !rest.is_empty()) {
        map.insert("volumes".to_owned(), Value::Array(rest));
    }
    paths.iter().filter_map(|volume| mounted(volume, mounts)).collect()
}

fn mounted(volume: &Value, mounts: &Value) -> Option<(String, String)> {
    let name = volume.get("name")?.as_str()?;
    let path = volume.pointer("/hostPath/path")?.as_str()?;
    let mount = mounts
        .as_array()
        .into_iter()
        .flatten()
        .find(|mount| mount.get("name").and_then(Value::as_str) == Some(name));
    let field = |field| mount.and_then(|mount| mount.get(field));
    let at = field("mountPath").and_then(Value::as_str).unwrap_or_default();
    let read_only = field("readOnly").and_then(Value::as_bool).unwrap_or_default();
    let suffix = if read_only { ":ro" } else { "" };
    Some((name.to_owned(), format!("{path}:{at}{suffix}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = include_str!("../../tests/data/etcd.yaml");

    fn changed(from: &str, to: &str) -> StaticPod {
        assert!(MANIFEST.contains(from), "{from}");
        StaticPod::parse(&MANIFEST.replacen(from, to, 1)).unwrap()
    }

    #[test]
    fn a_manifest_is_read_in_the_parts_that_people_change() {
        let pod = StaticPod::parse(MANIFEST).unwrap();
        assert_eq!(pod.image, "registry.k8s.io/etcd:3.6.6-0");
        assert_eq!(pod.arguments.values("name"), ["cp1"]);
        assert_eq!(pod.arguments.values("initial-cluster"), [""; 0]);
        assert_eq!(pod.volumes["etcd-data"], "/var/lib/etcd:/var/lib/etcd");
        assert_eq!(
            pod.volumes["etcd-certs"],
            "/etc/kubernetes/pki/etcd:/etc/kubernetes/pki/etcd:ro"
        );
    }

    #[test]
    fn each_part_is_seen_on_its_own() {
        let pod = StaticPod::parse(MANIFEST).unwrap();
        assert_eq!(changed("- --name=cp1", "- --name=cp1 # by hand"), pod);
        assert_eq!(changed("--initial-cluster=cp1=", "--initial-cluster=cp2="), pod);
        let argument = changed("- --name=cp1", "- --name=cp1\n    - --quota-backend-bytes=1");
        assert_eq!(argument.arguments.values("quota-backend-bytes"), ["1"]);
        assert_eq!(argument.rest_sha256, pod.rest_sha256);
        let environment =
            changed("    image:", "    env:\n    - name: A\n      value: b\n    image:");
        assert_eq!(
            (&environment.environment["A"], &environment.rest_sha256),
            (&"b".to_owned(), &pod.rest_sha256)
        );
        let path = changed("path: /var/lib/etcd\n", "path: /srv/etcd\n");
        assert_eq!(path.volumes["etcd-data"], "/srv/etcd:/var/lib/etcd");
        let probe = changed("failureThreshold: 8", "failureThreshold: 9");
        assert_eq!(StaticPod { rest_sha256: pod.rest_sha256.clone(), ..probe.clone() }, pod);
        assert_ne!(probe.rest_sha256, pod.rest_sha256);
    }

    #[test]
    fn what_is_no_manifest_is_refused() {
        for text in ["", "a: [", "spec:\n  containers: []\n"] {
            StaticPod::parse(text).unwrap_err();
        }
    }

    #[test]
    fn a_member_keeps_the_arguments_of_its_first_start() {
        let joined = MANIFEST.replace(
            "- --initial-cluster=cp1=https://10.77.0.11:2380",
            "- --initial-cluster=cp2=https://10.77.0.12:2380,cp1=https://10.77.0.11:2380\n    - --initial-cluster-state=existing",
        );
        let rendered = MANIFEST.replace("--snapshot-count=10000", "--snapshot-count=5");
        let text = with_bootstrap_arguments(&rendered, &joined).unwrap();
        assert!(
            text.contains("--initial-cluster=cp2=")
                && text.contains("--initial-cluster-state=existing"),
            "{text}"
        );
        assert!(!text.contains("--initial-cluster=cp1="), "{text}");
        assert_eq!(StaticPod::parse(&text).unwrap(), StaticPod::parse(&rendered).unwrap());
    }
}
