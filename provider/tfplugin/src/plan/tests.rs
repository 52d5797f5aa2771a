//! Tests of the checks: what core accepts passes, what core refuses does not.

use serde_json::{Value as Json, json};

use super::{assert_compatible, assert_plan_valid, assert_refines, changed_replace_paths, merge};
use crate::attribute::{Mark, computed, optional, optional_computed, required};
use crate::schema::{Attribute, Kind, Nesting, object_type};
use crate::value::{Type, Value};

fn attribute(name: &str, kind: Kind, mark: Mark) -> Attribute {
    Attribute { name: name.to_owned(), description: String::new(), kind, mark }
}

fn text(name: &str, mark: Mark) -> Attribute {
    attribute(name, Kind::Value(Type::String), mark)
}

fn nested(name: &str, nesting: Nesting) -> Attribute {
    let inner = vec![text("given", optional()), text("filled", optional_computed())];
    attribute(name, Kind::Nested(nesting, inner), optional())
}

fn attributes() -> Vec<Attribute> {
    vec![
        text("name", required().replace()),
        text("text", optional()),
        text("secret", optional().write_only()),
        text("id", computed()),
        nested("one", Nesting::Single),
        nested("list", Nesting::List),
        nested("set", Nesting::Set),
        nested("map", Nesting::Map),
    ]
}

fn value(json: &Json) -> Value {
    Value::from_configuration(json, &object_type(&attributes()), "?").unwrap()
}

/// Where the plan is refused.
fn refused(prior: &Json, config: &Json, planned: &Json) -> Option<String> {
    let (prior, config, planned) = (value(prior), value(config), value(planned));
    let checked = assert_plan_valid(&attributes(), &prior, &config, &planned);
    checked.err().map(|breach| breach.path.to_string())
}

#[test]
fn a_plan_keeps_the_configuration_or_what_was_before() {
    let cases = [
        (json!({}), json!({ "text": "a" }), json!({ "text": "a", "id": "?" }), None),
        (json!({}), json!({ "text": "?" }), json!({ "text": "?" }), None),
        (json!({ "text": "b" }), json!({ "text": "a" }), json!({ "text": "b" }), None),
        (json!({ "text": "b" }), json!({ "text": "?" }), json!({ "text": "b" }), None),
        (json!({}), json!({ "text": "a" }), json!({ "text": "b" }), Some("text")),
        (json!({}), json!({ "text": "a" }), json!({ "text": "?" }), Some("text")),
        (json!({}), json!({ "text": "?" }), json!({ "text": "b" }), Some("text")),
        (json!({}), json!({}), json!({ "text": "b" }), Some("text")),
        (json!({}), json!({ "secret": "s" }), json!({ "secret": "s" }), Some("secret")),
    ];
    for (prior, config, planned, expected) in cases {
        assert_eq!(refused(&prior, &config, &planned).as_deref(), expected, "{config} {planned}");
    }
}

#[test]
fn the_same_holds_within_nested_objects() {
    let given = |value: &str| json!({ "given": value });
    let filled = json!({ "given": "a", "filled": "?" });
    let other = json!({ "given": "b" });
    let none = json!({});
    let cases = [
        (json!({ "one": given("a") }), json!({ "one": filled }), None),
        (json!({ "one": given("a") }), json!({ "one": other }), Some("one.given")),
        (json!({ "one": given("a") }), json!({ "one": "?" }), Some("one")),
        (json!({ "list": [given("a")] }), json!({ "list": [filled] }), None),
        (json!({ "list": [given("a")] }), json!({ "list": [filled, filled] }), Some("list")),
        (json!({ "list": [given("a")] }), json!({ "list": [other] }), Some("list[0].given")),
        (json!({ "set": [given("a")] }), json!({ "set": [filled] }), None),
        (json!({ "set": [given("a")] }), json!({ "set": [other] }), Some("set")),
        (json!({ "map": { "k": given("a") } }), json!({ "map": { "k": filled } }), None),
        (json!({ "map": { "k": given("a") } }), json!({ "map": { "x": filled } }), Some("map")),
    ];
    for (config, planned, expected) in cases {
        assert_eq!(refused(&none, &config, &planned).as_deref(), expected, "{config} {planned}");
    }
}

/// Where the outcome is not what was planned.
fn incompatible(planned: &Json, actual: &Json) -> Option<String> {
    let kind = object_type(&attributes());
    let checked = assert_compatible(&value(planned), &value(actual), &kind);
    checked.err().map(|breach| breach.path.to_string())
}

#[test]
fn an_outcome_is_what_the_plan_knew() {
    let element = |filled: &str| json!([{ "given": "a", "filled": filled }]);
    let two = json!([{ "filled": "x" }, { "filled": "y" }]);
    let cases = [
        (json!({ "id": "?" }), json!({ "id": "1" }), None),
        (json!({ "id": "?" }), json!({ "id": null }), None),
        (json!({ "id": "?" }), json!({ "id": "?" }), Some("id")),
        (json!({ "id": "1" }), json!({ "id": "2" }), Some("id")),
        (json!({ "id": "1" }), json!({ "id": null }), Some("id")),
        (json!({ "id": null }), json!({ "id": "1" }), Some("id")),
        (json!({ "list": element("?") }), json!({ "list": element("x") }), None),
        (json!({ "list": element("?") }), json!({ "list": two }), Some("list")),
        (json!({ "set": element("?") }), json!({ "set": element("x") }), None),
        (json!({ "set": element("y") }), json!({ "set": element("x") }), Some("set")),
        (json!({ "map": { "k": {} } }), json!({ "map": {} }), Some("map[\"k\"]")),
        (json!({ "map": {} }), json!({ "map": { "k": {} } }), Some("map[\"k\"]")),
    ];
    for (planned, actual, expected) in cases {
        assert_eq!(incompatible(&planned, &actual).as_deref(), expected, "{planned} {actual}");
    }
}

#[test]
fn a_later_plan_may_leave_open_what_the_earlier_did() {
    let kind = object_type(&attributes());
    let refines = |earlier: &Json, later: &Json| {
        assert_refines(&value(earlier), &value(later), &kind).is_ok()
    };
    assert!(refines(&json!({ "id": "?", "text": "?" }), &json!({ "id": "?", "text": "a" })));
    assert!(!refines(&json!({ "id": "1" }), &json!({ "id": "?" })));
}

#[test]
fn changes_of_marked_attributes_replace() {
    let paths = |prior: &Json, planned: &Json| {
        changed_replace_paths(&attributes(), &value(prior), &value(planned)).len()
    };
    assert_eq!(paths(&json!({ "name": "a" }), &json!({ "name": "b" })), 1);
    assert_eq!(paths(&json!({ "name": "a" }), &json!({ "name": "?" })), 1);
    assert_eq!(paths(&json!({ "name": "a" }), &json!({ "name": "a", "text": "x" })), 0);
}

#[test]
fn what_a_hook_did_not_touch_stays_as_it_was() {
    let original = value(&json!({ "text": "?", "list": [{ "given": "?" }, { "given": "b" }] }));
    let before = value(&json!({ "text": "?", "list": [{ "given": null }, { "given": "b" }] }));
    let after = value(&json!({ "text": "set", "list": [{ "given": null }, { "given": "c" }] }));
    let merged = merge(&original, &before, &after, &object_type(&attributes()));
    let expected = value(&json!({ "text": "set", "list": [{ "given": "?" }, { "given": "c" }] }));
    assert_eq!(merged, expected);
}
