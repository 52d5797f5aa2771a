//! Documents as flat maps: what people are shown of a difference.

use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The leaves of a document by their paths, as `apiServer.certSANs`: texts as they are, lists and all
/// else as JSON with sorted keys. A map without entries has none; a list of names with values is a
/// map, of which a name that is given several times has all its values.
#[must_use]
pub fn leaves(document: &Map<String, Value>) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    gather(document, "", &mut all);
    all
}

fn gather(map: &Map<String, Value>, above: &str, all: &mut BTreeMap<String, String>) {
    for (key, value) in map {
        let path = if above.is_empty() { key.clone() } else { format!("{above}.{key}") };
        match value {
            Value::Object(below) => gather(below, &path, all),
            Value::Array(items) if is_named(items) => gather(&named(items), &path, all),
            Value::String(text) => drop(all.insert(path, text.clone())),
            other => drop(all.insert(path, canonical(other))),
        }
    }
}

/// As kubeadm writes arguments: `{name: ..., value: ...}` each.
fn is_named(items: &[Value]) -> bool {
    let pair = |item: &Value| {
        let map = item.as_object();
        map.is_some_and(|map| {
            map.len() == 2 && map.contains_key("name") && map.contains_key("value")
        })
    };
    !items.is_empty() && items.iter().all(pair)
}

fn named(items: &[Value]) -> Map<String, Value> {
    let mut all: Map<String, Value> = Map::new();
    for item in items {
        let Some((name, value)) = item["name"].as_str().zip(item.get("value")) else { continue };
        match all.get_mut(name) {
            None => drop(all.insert(name.to_owned(), value.clone())),
            Some(Value::Array(values)) => values.push(value.clone()),
            Some(one) => *one = Value::Array(vec![one.clone(), value.clone()]),
        }
    }
    all
}

/// JSON with sorted keys, so that what is equal has the same text.
#[must_use]
pub(crate) fn canonical(value: &Value) -> String {
    sorted(value).to_string()
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let all: BTreeMap<_, _> = map.iter().map(|(key, it)| (key, sorted(it))).collect();
            Value::Object(all.into_iter().map(|(key, it)| (key.clone(), it)).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_with_values_are_a_map() {
        let pair = |name, value| json!({"name": name, "value": value});
        let document = json!({"args": [pair("v", "1"), pair("w", "2"), pair("v", "3")]});
        let found = leaves(document.as_object().unwrap());
        assert_eq!((found["args.v"].as_str(), found["args.w"].as_str()), (r#"["1","3"]"#, "2"));
    }

    #[test]
    fn a_document_is_flat() {
        let document =
            json!({"a": {"b": "x", "c": [{"z": 1, "y": 2}]}, "d": true, "e": {}, "f": []});
        let found = leaves(document.as_object().unwrap());
        let expected = [("a.b", "x"), ("a.c", r#"[{"y":2,"z":1}]"#), ("d", "true"), ("f", "[]")]
            .map(|(path, text)| (path.to_owned(), text.to_owned()));
        assert_eq!(found, expected.into());
    }
}
