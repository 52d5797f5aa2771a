//! Values that several documents hold.

use crate::intent::{ExtraArguments, Taint};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A name and a value: an argument without its dashes, or an environment variable.
#[derive(Serialize)]
pub(super) struct NamedValue<'a> {
    name: &'a str,
    value: Cow<'a, str>,
}

impl<'a> NamedValue<'a> {
    pub(super) fn new(name: &'a str, value: impl Into<Cow<'a, str>>) -> Self {
        Self { name, value: value.into() }
    }
}

pub(super) fn arguments(extra: &ExtraArguments) -> Vec<NamedValue<'_>> {
    let pair = |(name, value)| NamedValue::new(name, value);
    extra.pairs().map(pair).collect()
}

pub(super) fn environment(variables: &BTreeMap<String, String>) -> Vec<NamedValue<'_>> {
    variables.iter().map(|(name, value)| NamedValue::new(name, value.as_str())).collect()
}

/// A taint as nodes hold it.
#[derive(Serialize)]
pub(super) struct TaintValue<'a> {
    key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
    effect: &'static str,
}

impl<'a> From<&'a Taint> for TaintValue<'a> {
    fn from(taint: &'a Taint) -> Self {
        Self { key: &taint.key, value: taint.value.as_deref(), effect: taint.effect.as_str() }
    }
}
