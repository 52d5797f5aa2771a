use super::arguments::check_kubelet;
use super::draft::{RegistrationDraft, TaintDraft};
use super::metadata::{check_annotations, check_labels};
use super::names::{label_value_error, qualified_name_error};
use super::settings::check_ignored;
use crate::finding::Finding;
use crate::intent::{Taint, TaintEffect};
use std::collections::BTreeSet;

/// Remarks on how a host presents itself as a node; paths begin at the resource.
pub(super) fn check_registration(draft: &RegistrationDraft) -> Vec<Finding> {
    let mut findings = check_labels(&draft.labels);
    findings.extend(check_annotations(&draft.annotations));
    findings.extend(check_taints(draft));
    let arguments = check_kubelet(&draft.kubelet_extra_args).into_iter();
    findings.extend(arguments.map(|finding| finding.below(["kubelet_extra_args"])));
    findings.extend(check_ignored(&draft.ignore_preflight_errors));
    findings
}

fn check_taints(draft: &RegistrationDraft) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let mut findings = Vec::new();
    let taints = draft.taints.known().into_iter().flatten();
    for (index, taint) in taints.enumerate() {
        let mut of_taint = check_taint(taint);
        let (key, effect) = (taint.key.text(), taint.effect.text());
        if let Some(pair) = key.zip(effect)
            && !seen.insert(pair)
        {
            of_taint.push(given_twice(pair));
        }
        let below = |finding: Finding| finding.below(["taints".to_owned(), index.to_string()]);
        findings.extend(of_taint.into_iter().map(below));
    }
    findings
}

fn check_taint(taint: &TaintDraft) -> Vec<Finding> {
    let key = taint.key.text().and_then(bad_key);
    let value = taint.value.text().and_then(bad_value);
    let effect = taint.effect.text().and_then(|text| taint_effect(text).err());
    [key, value, effect].into_iter().flatten().collect()
}

fn bad_key(key: &str) -> Option<Finding> {
    let reason = qualified_name_error(key)?;
    let finding = Finding::error("PLAN-TAINT", format!("{key:?} cannot be the key of a taint"))
        .at(["key"])
        .because(format!("For a key, {reason}."));
    Some(finding.advise("Write it like name or example.org/name."))
}

fn bad_value(value: &str) -> Option<Finding> {
    let reason = label_value_error(value)?;
    let finding = Finding::error("PLAN-TAINT", format!("{value:?} cannot be the value of a taint"))
        .at(["value"])
        .because(format!("For a value, {reason}."));
    Some(finding.advise("Leave value out if the key says enough."))
}

/// The effect of a taint, as Kubernetes spells it.
pub(super) fn taint_effect(text: &str) -> Result<TaintEffect, Finding> {
    let all = [TaintEffect::NoSchedule, TaintEffect::PreferNoSchedule, TaintEffect::NoExecute];
    let found = all.into_iter().find(|effect| effect.as_str() == text);
    found.ok_or_else(|| {
        Finding::error("PLAN-TAINT", format!("{text:?} is not the effect of a taint"))
            .at(["effect"])
            .because("Kubernetes knows three effects.")
            .advise("Use NoSchedule, PreferNoSchedule or NoExecute.")
    })
}

/// A taint of which everything is known.
pub(super) fn taint(draft: &TaintDraft) -> Result<Taint, Vec<Finding>> {
    let findings = check_taint(draft);
    let effect = draft.effect.text().and_then(|text| taint_effect(text).ok());
    match (draft.key.text(), effect) {
        (Some(key), Some(effect)) if findings.is_empty() => {
            Ok(Taint { key: key.to_owned(), value: draft.value.known().cloned(), effect })
        }
        _ if findings.is_empty() => Err(vec![incomplete()]),
        _ => Err(findings),
    }
}

fn incomplete() -> Finding {
    Finding::error("PLAN-TAINT", "a taint needs a key and an effect")
        .because("One of them is missing.")
        .advise("Write { key = \"example.org/name\", effect = \"NoSchedule\" }.")
}

fn given_twice((key, effect): (&str, &str)) -> Finding {
    Finding::error("PLAN-TAINT", format!("taint {key}:{effect} is given twice"))
        .at(["key"])
        .because("A node has one taint for each key and effect.")
        .advise("Remove one of them.")
}
