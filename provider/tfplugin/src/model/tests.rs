//! Tests of models: what they read, and what they say when they cannot.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Set, Tf, decode, encode};
use crate::Path;
use crate::schema::{Kind, Nesting, derive};
use crate::value::{Type, Value};

#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
struct Model {
    plain: String,
    optional: Option<u8>,
    whole: Tf<Vec<String>>,
    parts: Tf<Vec<Tf<String>>>,
    objects: Tf<BTreeMap<String, Inner>>,
    set: Tf<Set<Tf<String>>>,
    sorted: Tf<BTreeSet<String>>,
    choice: Tf<Choice>,
    deep: Tf<Vec<Vec<Inner>>>,
}

#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
struct Inner {
    number: Tf<f64>,
}

#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Choice {
    FirstOne,
    SecondOne,
}

fn kind() -> Type {
    derive::<Model>("model", 0).unwrap().object_type()
}

fn value(json: &serde_json::Value) -> Value {
    Value::from_configuration(json, &kind(), "?").unwrap()
}

#[test]
fn rust_types_give_attribute_types() {
    let schema = derive::<Model>("model", 0).unwrap();
    let found: BTreeMap<_, _> = schema
        .attributes
        .iter()
        .map(|attribute| (attribute.name.as_str(), &attribute.kind))
        .collect();
    let inner = Type::Object([("number".to_owned(), Type::Number)].into());
    let cases = [
        ("plain", Type::String),
        ("optional", Type::Number),
        ("whole", Type::String.list()),
        ("parts", Type::String.list()),
        ("set", Type::String.set()),
        ("sorted", Type::String.set()),
        ("choice", Type::String),
        ("deep", inner.list().list()),
    ];
    for (name, expected) in cases {
        assert_eq!(found[name], &Kind::Value(expected), "{name}");
    }
    assert!(matches!(found["objects"], Kind::Nested(Nesting::Map, inner) if inner.len() == 1));
}

#[test]
fn what_has_no_place_for_an_unknown_is_unknown_as_a_whole() {
    let model: Model = decode(&value(&serde_json::json!({
        "plain": "p", "whole": ["a", "?"], "parts": ["a", "?"], "deep": [[{ "number": "?" }]],
    })))
    .unwrap();
    assert_eq!(model.whole, Tf::Unknown);
    assert_eq!(model.parts, Tf::Known(vec!["a".into(), Tf::Unknown]));
    assert_eq!(model.deep, Tf::Known(vec![vec![Inner { number: Tf::Unknown }]]));
}

#[test]
fn errors_say_where() {
    let cases = [
        (serde_json::json!({}), Path::of(["plain"]), "must not be null"),
        (serde_json::json!({ "plain": "?" }), Path::of(["plain"]), "value is not known yet"),
        (serde_json::json!({ "plain": "p", "optional": 256 }), Path::of(["optional"]), "256"),
        (serde_json::json!({ "plain": "p", "choice": "x" }), Path::of(["choice"]), "first-one"),
        (
            serde_json::json!({ "plain": "p", "objects": { "k": null } }),
            Path::of(["objects"]).key("k"),
            "must not be null",
        ),
    ];
    for (json, path, text) in cases {
        let error = decode::<Model>(&value(&json)).unwrap_err();
        assert_eq!(error.path, path, "{error}");
        assert!(error.message.contains(text), "{error}");
    }
}

#[test]
fn models_are_written_as_they_were_read() {
    let value = value(&serde_json::json!({
        "plain": "p", "optional": 3, "whole": ["b", "a"], "parts": ["?"],
        "objects": { "k": { "number": 0.1 } }, "set": ["?", "b", "a", "?"], "sorted": ["b", "a"],
        "choice": "second-one", "deep": [[], [{ "number": 1 }]],
    }));
    let model: Model = decode(&value).unwrap();
    assert_eq!(encode(&model, &kind()), Ok(value));
}

#[test]
fn private_data_may_hold_them_too() {
    let tf: Vec<Tf<u8>> = serde_json::from_str("[1, null]").unwrap();
    assert_eq!(tf, [Tf::Known(1), Tf::Null]);
    assert_eq!(
        serde_json::to_string(&[Tf::Known(1), Tf::Null, Tf::Unknown]).unwrap(),
        "[1,null,null]"
    );
}
