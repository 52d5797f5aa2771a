//! From model values to plain ones.

use std::collections::{BTreeMap, BTreeSet};

use cluster::checks::Planned;
use tfplugin::{Set, Tf};

/// A value of a draft.
pub(crate) fn planned<T: Clone>(value: &Tf<T>) -> Planned<T> {
    match value {
        Tf::Null => Planned::Absent,
        Tf::Unknown => Planned::Unknown,
        Tf::Known(value) => Planned::Known(value.clone()),
    }
}

/// The known texts of a list.
pub(crate) fn strings<'a>(
    texts: impl IntoIterator<Item = &'a Tf<String>>,
) -> impl Iterator<Item = String> {
    texts.into_iter().filter_map(|text| text.known().cloned())
}

/// The known texts of an optional list.
pub(crate) fn list(texts: &Tf<Vec<Tf<String>>>) -> Vec<String> {
    strings(texts.known().into_iter().flatten()).collect()
}

/// The known texts of an optional set.
pub(crate) fn set(texts: &Tf<Set<Tf<String>>>) -> BTreeSet<String> {
    strings(texts.known().into_iter().flatten()).collect()
}

/// The known texts of an optional map.
pub(crate) fn map(texts: &Tf<BTreeMap<String, Tf<String>>>) -> BTreeMap<String, String> {
    let entries = texts.known().into_iter().flatten();
    entries.filter_map(|(key, text)| Some((key.clone(), text.known()?.clone()))).collect()
}

/// The known lists of an optional map of lists.
pub(crate) fn lists(
    texts: &Tf<BTreeMap<String, Tf<Vec<Tf<String>>>>>,
) -> BTreeMap<String, Vec<String>> {
    let entries = texts.known().into_iter().flatten();
    entries
        .filter(|(_, texts)| !texts.is_unknown())
        .map(|(key, texts)| (key.clone(), list(texts)))
        .collect()
}

/// The known flags of an optional map.
pub(crate) fn gates(flags: &Tf<BTreeMap<String, Tf<bool>>>) -> BTreeMap<String, bool> {
    let entries = flags.known().into_iter().flatten();
    entries.filter_map(|(name, flag)| Some((name.clone(), *flag.known()?))).collect()
}

/// Texts as a map of the model.
pub(crate) fn text_map(texts: &BTreeMap<String, String>) -> BTreeMap<String, Tf<String>> {
    texts.iter().map(|(key, text)| (key.clone(), Tf::Known(text.clone()))).collect()
}

/// Lists of texts as a map of the model.
pub(crate) fn list_map(
    lists: &BTreeMap<String, Vec<String>>,
) -> BTreeMap<String, Tf<Vec<Tf<String>>>> {
    let known = |texts: &Vec<String>| Tf::Known(texts.iter().cloned().map(Tf::Known).collect());
    lists.iter().map(|(key, texts)| (key.clone(), known(texts))).collect()
}
