use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Command-line arguments of a component: name without dashes to its values.
///
/// A list, since an argument may be given several times; kubeadm's v1beta4 documents hold them
/// as a list of `{name, value}`. An empty list of values gives no argument at all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExtraArguments(BTreeMap<String, Vec<String>>);

impl ExtraArguments {
    /// Every argument, sorted by name, values in the user's order.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().flat_map(|(name, values)| {
            values.iter().map(move |value| (name.as_str(), value.as_str()))
        })
    }

    /// The values given for `name`.
    #[must_use]
    pub fn values(&self, name: &str) -> &[String] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// The value that wins: command lines take the last.
    #[must_use]
    pub fn last(&self, name: &str) -> Option<&str> {
        self.values(name).last().map(String::as_str)
    }

    /// Names given, with or without values.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Adds one argument after those of the same name.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.entry(name.into()).or_default().push(value.into());
        self
    }

    /// Whether there is no argument at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.values().all(Vec::is_empty)
    }
}

impl From<BTreeMap<String, Vec<String>>> for ExtraArguments {
    fn from(arguments: BTreeMap<String, Vec<String>>) -> Self {
        Self(arguments)
    }
}
