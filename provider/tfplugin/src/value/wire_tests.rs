//! Tests of the codecs: bytes as core sends them, and that everything comes back.

use proptest::prelude::*;
use serde_json::json;

use super::{Dynamic, Number, Type, Value};

fn number(text: &str) -> Value {
    Value::Number(text.parse().unwrap())
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

#[test]
fn bytes_of_core_are_read() {
    let cases: Vec<(&[u8], Type, Value)> = vec![
        (&[0xc0], Type::String, Value::Null),
        (&[0xc3], Type::Bool, Value::Bool(true)),
        (&[0x07], Type::Number, number("7")),
        (&[0xff], Type::Number, number("-1")),
        (&[0xcd, 0x01, 0x00], Type::Number, number("256")),
        (
            &[0xcf, 255, 255, 255, 255, 255, 255, 255, 255],
            Type::Number,
            number("18446744073709551615"),
        ),
        (&[0xcb, 0x3f, 0xe0, 0, 0, 0, 0, 0, 0], Type::Number, number("0.5")),
        (b"\xa30.1", Type::Number, number("0.1")),
        (b"\xa51e+30", Type::Number, number("1e30")),
        (b"\xa1a", Type::String, text("a")),
        (b"\xd9\x01a", Type::String, text("a")),
        // Unknown: plain, and with refinements of any length.
        (&[0xd4, 0, 0], Type::String, Value::Unknown),
        (&[0xc7, 3, 12, 0x81, 1, 0xc2], Type::String, Value::Unknown),
        (&[0xd5, 12, 0x80, 0x00], Type::Bool.list(), Value::Unknown),
        (&[0xd4, 0, 0], Type::Dynamic, Value::Unknown),
        (
            b"\x93\xd4\0\0\xa1a\xd4\0\0",
            Type::String.set(),
            Value::List(vec![Value::Unknown, Value::Unknown, text("a")]),
        ),
        (b"\x81\xa1k\x01", Type::Number.map(), Value::Map([("k".to_owned(), number("1"))].into())),
        (
            b"\x92\xc4\x08\"string\"\xa1x",
            Type::Dynamic,
            Value::Dynamic(Box::new(Dynamic { kind: Type::String, value: text("x") })),
        ),
    ];
    for (bytes, kind, value) in cases {
        assert_eq!(Value::from_msgpack(bytes, &kind), Ok(value), "{bytes:x?}");
    }
}

#[test]
fn errors_say_where() {
    let kind = Type::Object([("a".to_owned(), Type::Number.map().list())].into());
    let cases: [(&[u8], &str); 6] = [
        (b"\x81\xa1a\x91\x81\xa1k\xa1x", "a[0][\"k\"]: must be a number"),
        (b"\x81\xa1a\x91\x81\xa1k", "a[0][\"k\"]: is cut off"),
        (b"\x81\xa1a\xc3", "a: must be a list"),
        (b"\x81\xa1b\xc3", "b: is not an attribute"),
        (b"\x80\x80", ": has bytes after its end"),
        (b"\x81\xa1a\xdd\xff\xff\xff\xff", "a[0]: is cut off"),
    ];
    for (bytes, expected) in cases {
        let error = Value::from_msgpack(bytes, &kind).unwrap_err();
        assert_eq!(format!("{}: {error}", error.path), expected);
    }
}

#[test]
fn missing_attributes_are_null() {
    let kind = Type::Object([("a".to_owned(), Type::Bool)].into());
    let expected = Value::Map([("a".to_owned(), Value::Null)].into());
    assert_eq!(Value::from_msgpack(b"\x80", &kind), Ok(expected));
}

#[test]
fn numbers_take_the_form_that_core_takes() {
    let cases: [(&str, &[u8]); 5] = [
        ("1", &[1]),
        ("-1", &[0xff]),
        ("18446744073709551615", &[0xcf, 255, 255, 255, 255, 255, 255, 255, 255]),
        ("0.5", &[0xcb, 0x3f, 0xe0, 0, 0, 0, 0, 0, 0]),
        ("0.1", b"\xa30.1"),
    ];
    for (digits, bytes) in cases {
        assert_eq!(number(digits).to_msgpack(&Type::Number).unwrap(), bytes, "{digits}");
    }
}

#[test]
fn a_value_of_another_type_is_not_written() {
    let kind = Type::Object([("a".to_owned(), Type::Bool.list())].into());
    let value = Value::Map([("a".to_owned(), Value::List(vec![text("x")]))].into());
    let error = value.to_msgpack(&kind).unwrap_err();
    assert_eq!(
        (error.path.to_string().as_str(), error.message.as_str()),
        ("a[0]", "must be a bool")
    );
}

#[test]
fn stored_states_drop_what_the_type_does_not_know() {
    let kind = Type::Object([("a".to_owned(), Type::Number), ("b".to_owned(), Type::Bool)].into());
    let read = Value::from_json(&json!({ "a": "1.50", "old": [1] }), &kind).unwrap();
    assert_eq!(read.to_json(), json!({ "a": 1.5, "b": null }));
    let configured = Value::from_configuration(&json!({ "old": [1] }), &kind, "?");
    assert_eq!(configured.unwrap_err().path.to_string(), "old");
}

/// Types and values of them, down to some depth.
fn any_typed_value() -> impl Strategy<Value = (Type, Value)> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(|flag| (Type::Bool, Value::Bool(flag))),
        "[a-z]{0,3}".prop_map(|text| (Type::String, Value::String(text))),
        (any::<i64>(), -30i64..30).prop_map(|(digits, exponent)| {
            let number: Number = format!("{digits}e{exponent}").parse().unwrap();
            (Type::Number, Value::Number(number))
        }),
        Just((Type::String, Value::Null)),
        Just((Type::Bool.map(), Value::Unknown)),
    ];
    leaf.prop_recursive(3, 24, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|(kind, value)| (kind.list(), Value::List(vec![value]))),
            inner.clone().prop_map(|(kind, value)| {
                (kind.set(), Value::List(vec![Value::Unknown, value, Value::Unknown]))
            }),
            inner.clone().prop_map(|(kind, value)| {
                (kind.map(), Value::Map([("k".to_owned(), value)].into()))
            }),
            proptest::collection::vec(inner.clone(), 0..3).prop_map(|typed| {
                let (kinds, values) = typed.into_iter().unzip();
                (Type::Tuple(kinds), Value::List(values))
            }),
            proptest::collection::btree_map("[a-z]", inner.clone(), 0..3).prop_map(|typed| {
                let kinds = typed.iter().map(|(name, (kind, _))| (name.clone(), kind.clone()));
                let kind = Type::Object(kinds.collect());
                let fields = typed.into_iter().map(|(name, (_, value))| (name, value));
                (kind, Value::Map(fields.collect()))
            }),
            inner.prop_map(|(kind, value)| {
                (Type::Dynamic, Value::Dynamic(Box::new(Dynamic { kind, value })))
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn everything_comes_back((kind, value) in any_typed_value()) {
        let value = value.conform(&kind).unwrap();
        let bytes = value.to_msgpack(&kind).unwrap();
        prop_assert_eq!(Value::from_msgpack(&bytes, &kind).unwrap(), value);
    }

    #[test]
    fn known_values_come_back_from_json((kind, value) in any_typed_value()) {
        let value = value.without_unknown().conform(&kind).unwrap();
        let json = value.to_json();
        prop_assert_eq!(Value::from_json(&json, &kind).unwrap(), value);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>, (kind, value) in any_typed_value(), at: usize, bit in 0..8u8) {
        drop(Value::from_msgpack(&bytes, &kind));
        let mut damaged = value.conform(&kind).unwrap().to_msgpack(&kind).unwrap();
        let at = at % damaged.len();
        damaged[at] ^= 1u8 << bit;
        drop(Value::from_msgpack(&damaged, &kind));
        drop(Value::from_msgpack(&damaged[..at], &kind));
    }
}
