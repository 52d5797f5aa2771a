//! Labels, annotations and taints of a node: what is ours of them, and what is to be written.

use super::claim::Role;
use crate::intent::{Registration, Taint, TaintEffect};
use k8s_openapi::api::core::v1::{Node, Taint as NodeTaint};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The field manager of everything this provider applies.
pub const FIELD_MANAGER: &str = "terraform-kubeadm";

/// Annotation that names the taints which are ours, since the list of taints has one owner only.
pub const TAINTS_ANNOTATION: &str = "terraform-kubeadm/taints";

/// The document of a server-side apply that brings labels and annotations to what is wanted.
///
/// The API server removes what an earlier one of ours held and this one does not.
#[must_use]
pub fn apply_document(name: &str, registration: &Registration) -> Value {
    let mut annotations = registration.annotations.clone();
    if let Some(taints) = &registration.taints {
        annotations.insert(TAINTS_ANNOTATION.to_owned(), names(taints));
    }
    json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": registration.labels, "annotations": annotations},
    })
}

fn names(taints: &[Taint]) -> String {
    taints
        .iter()
        .map(|taint| identity(&taint.key, taint.effect.as_str()))
        .collect::<Vec<_>>()
        .join(",")
}

fn identity(key: &str, effect: &str) -> String {
    format!("{key}:{effect}")
}

/// What a node has of ours, in the shape of the intent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Labels that are wanted or that we hold, with the values found.
    pub labels: BTreeMap<String, String>,
    /// Annotations that are wanted or that we hold, with the values found.
    pub annotations: BTreeMap<String, String>,
    /// Taints of ours; `None` when none was ever asked for.
    pub taints: Option<Vec<Taint>>,
}

/// What the node has of what `wanted` names or we hold from before.
#[must_use]
pub fn found(node: &Node, wanted: &Registration) -> Found {
    let labels = node.metadata.labels.clone().unwrap_or_default();
    let mut annotations = node.metadata.annotations.clone().unwrap_or_default();
    let taints = found_taints(node, wanted);
    annotations.remove(TAINTS_ANNOTATION);
    Found {
        labels: ours(node, "f:labels", labels, &wanted.labels),
        annotations: ours(node, "f:annotations", annotations, &wanted.annotations),
        taints,
    }
}

fn ours(
    node: &Node,
    field: &str,
    mut all: BTreeMap<String, String>,
    wanted: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let held = held_keys(node, field);
    all.retain(|key, _| wanted.contains_key(key) || held.contains(key));
    all
}

/// The keys below `metadata.<field>` that our field manager holds.
fn held_keys(node: &Node, field: &str) -> BTreeSet<String> {
    let entries = node.metadata.managed_fields.iter().flatten();
    entries
        .filter(|entry| entry.manager.as_deref() == Some(FIELD_MANAGER))
        .filter_map(|entry| entry.fields_v1.as_ref()?.0.get("f:metadata")?.get(field)?.as_object())
        .flat_map(|keys| keys.keys())
        .filter_map(|key| key.strip_prefix("f:").map(str::to_owned))
        .collect()
}

fn found_taints(node: &Node, wanted: &Registration) -> Option<Vec<Taint>> {
    let mut ours = held_taints(node);
    let asked = wanted.taints.as_deref();
    if ours.is_none() && asked.is_none() {
        return None;
    }
    let identities = ours.get_or_insert_default();
    identities.extend(
        asked.into_iter().flatten().map(|taint| identity(&taint.key, taint.effect.as_str())),
    );
    let all = node_taints(node).iter();
    Some(
        all.filter(|taint| identities.contains(&identity(&taint.key, &taint.effect)))
            .filter_map(typed)
            .collect(),
    )
}

/// Identities of the taints that our annotation names.
fn held_taints(node: &Node) -> Option<BTreeSet<String>> {
    let text = node.metadata.annotations.as_ref()?.get(TAINTS_ANNOTATION)?;
    Some(text.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect())
}

fn node_taints(node: &Node) -> &[NodeTaint] {
    node.spec.as_ref().and_then(|spec| spec.taints.as_deref()).unwrap_or_default()
}

fn typed(taint: &NodeTaint) -> Option<Taint> {
    let effects = [TaintEffect::NoSchedule, TaintEffect::PreferNoSchedule, TaintEffect::NoExecute];
    let effect = effects.into_iter().find(|effect| effect.as_str() == taint.effect)?;
    Some(Taint {
        key: taint.key.clone(),
        value: taint.value.clone().filter(|value| !value.is_empty()),
        effect,
    })
}

/// The whole list of taints the node must have; `None` when it has it already.
///
/// Taints of others (the node controller's, an operator's) stay. Without a wish of the user the
/// taints are kubeadm's affair, until a former wish is taken back: then kubeadm's default returns.
#[must_use]
pub fn merged_taints(node: &Node, role: Role, wanted: Option<&[Taint]>) -> Option<Vec<NodeTaint>> {
    let held = held_taints(node);
    let default = [control_plane_taint()];
    let wanted = match (wanted, role) {
        (Some(wanted), _) => wanted,
        (None, _) if held.is_none() => return None,
        (None, Role::ControlPlane) => &default,
        (None, Role::Worker) => &[],
    };
    let mut replaced = held.unwrap_or_default();
    replaced.extend(wanted.iter().map(|taint| identity(&taint.key, taint.effect.as_str())));
    if role == Role::ControlPlane {
        replaced.extend(default.iter().map(|taint| identity(&taint.key, taint.effect.as_str())));
    }
    let current = node_taints(node);
    let merged = merge(current, &replaced, wanted);
    (!same(&merged, current)).then_some(merged)
}

fn merge(current: &[NodeTaint], replaced: &BTreeSet<String>, wanted: &[Taint]) -> Vec<NodeTaint> {
    let others = current
        .iter()
        .filter(|taint| !replaced.contains(&identity(&taint.key, &taint.effect)))
        .cloned();
    others.chain(wanted.iter().map(written)).collect()
}

fn written(taint: &Taint) -> NodeTaint {
    NodeTaint {
        effect: taint.effect.as_str().to_owned(),
        key: taint.key.clone(),
        value: taint.value.clone().filter(|value| !value.is_empty()),
        ..NodeTaint::default()
    }
}

fn same(one: &[NodeTaint], other: &[NodeTaint]) -> bool {
    let parts = |taints: &[NodeTaint]| -> BTreeSet<(String, String, String)> {
        let part = |taint: &NodeTaint| {
            (taint.key.clone(), taint.value.clone().unwrap_or_default(), taint.effect.clone())
        };
        taints.iter().map(part).collect()
    };
    parts(one) == parts(other)
}

fn control_plane_taint() -> Taint {
    Taint {
        key: "node-role.kubernetes.io/control-plane".to_owned(),
        value: None,
        effect: TaintEffect::NoSchedule,
    }
}

#[cfg(test)]
mod tests;
