use super::names::{label_value_error, qualified_name_error};
use crate::finding::Finding;
use std::collections::BTreeMap;

/// Largest sum of an object's annotations, in bytes, that the API server takes.
const MOST_ANNOTATION_BYTES: usize = 256 * 1024;

/// Labels and annotations that the kubelet or kubeadm keeps itself.
const KEPT_BY_OTHERS: [&str; 11] = [
    "kubernetes.io/hostname",
    "kubernetes.io/os",
    "kubernetes.io/arch",
    "beta.kubernetes.io/os",
    "beta.kubernetes.io/arch",
    "node-role.kubernetes.io/control-plane",
    "node-role.kubernetes.io/master",
    "kubeadm.alpha.kubernetes.io/cri-socket",
    "node.alpha.kubernetes.io/ttl",
    "volumes.kubernetes.io/controller-managed-attach-detach",
    "csi.volume.kubernetes.io/nodeid",
];

/// Remarks on labels; paths begin at the resource.
pub(super) fn check_labels(labels: &BTreeMap<String, String>) -> Vec<Finding> {
    let keys = labels.keys().filter_map(|key| check_key("labels", key));
    let values = labels.iter().filter_map(|(key, value)| {
        let reason = label_value_error(value)?;
        let summary = format!("{value:?} cannot be the value of label {key}");
        let finding = Finding::error("PLAN-LABEL", summary).at(["labels", key.as_str()]);
        let finding = finding.because(format!("For a label's value, {reason}."));
        Some(finding.advise("Use an annotation for longer or freer texts."))
    });
    keys.chain(values).collect()
}

/// Remarks on annotations; paths begin at the resource.
pub(super) fn check_annotations(annotations: &BTreeMap<String, String>) -> Vec<Finding> {
    let keys = annotations.keys().filter_map(|key| check_key("annotations", key));
    let bytes: usize = annotations.iter().map(|(key, value)| key.len() + value.len()).sum();
    let too_large = (bytes > MOST_ANNOTATION_BYTES).then(|| {
        Finding::error("PLAN-LABEL", format!("annotations take {bytes} bytes"))
            .at(["annotations"])
            .because(format!("An object may carry {MOST_ANNOTATION_BYTES} bytes of them."))
            .advise("Keep large data in a ConfigMap.")
    });
    keys.chain(too_large).collect()
}

fn check_key(attribute: &str, key: &str) -> Option<Finding> {
    // Keys of annotations may be written in any case; labels and taints may not.
    let lower = key.to_ascii_lowercase();
    let tested = if attribute == "annotations" { lower.as_str() } else { key };
    let finding = match qualified_name_error(tested) {
        Some(reason) => Finding::error("PLAN-LABEL", format!("{key:?} cannot be a key"))
            .because(format!("For a key, {reason}."))
            .advise("Write it like name or example.org/name."),
        None if KEPT_BY_OTHERS.contains(&key) => kept_by_others(key),
        None => return None,
    };
    Some(finding.at([attribute, key]))
}

fn kept_by_others(key: &str) -> Finding {
    Finding::error("PLAN-LABEL", format!("{key} is kept by the kubelet or by kubeadm"))
        .because("Two owners would overwrite each other's value without end.")
        .advise("Remove it, or choose a key of your own.")
}
