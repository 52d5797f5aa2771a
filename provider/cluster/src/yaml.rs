//! YAML in and out; the only place that knows the YAML library.
//!
//! Written text is read by Go programs that follow YAML 1.1, where `yes` and `0o7` are not
//! strings: texts that any reader could take for something else are quoted.

use serde::de::DeserializeOwned;
use serde::ser::{Error as _, Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::{Map, Number, Value};

/// Why text could not be read or written as YAML.
#[derive(Debug, thiserror::Error)]
pub enum YamlError {
    /// The text is not YAML, or of another shape than expected.
    #[error("the text is not the expected YAML")]
    Read(#[source] Box<serde_saphyr::Error>),
    /// The text is YAML or JSON, but not an object.
    #[error("the text is {0}, not a map of settings")]
    NotAMap(&'static str),
    /// A value cannot be written as YAML.
    #[error("the value cannot be written as YAML")]
    Write(#[source] Box<serde_saphyr::ser_error::Error>),
}

/// Reads one document.
///
/// # Errors
/// When the text is not YAML of this shape, or holds several documents.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, YamlError> {
    serde_saphyr::from_str(text).map_err(|error| YamlError::Read(Box::new(error)))
}

/// Reads one document that must be a map with text keys; JSON is YAML too. Empty text is an
/// empty map.
///
/// # Errors
/// When the text is something else.
pub fn read_map(text: &str) -> Result<Map<String, Value>, YamlError> {
    if text.trim().is_empty() {
        return Ok(Map::new());
    }
    match read::<Value>(text)? {
        Value::Object(map) => Ok(map),
        Value::Null => Ok(Map::new()),
        Value::Array(_) => Err(YamlError::NotAMap("a list")),
        Value::String(_) => Err(YamlError::NotAMap("a string")),
        Value::Bool(_) | Value::Number(_) => Err(YamlError::NotAMap("a number or boolean")),
    }
}

/// Writes one document, without a `---`, ending in a line break.
///
/// # Errors
/// When the value holds a map with keys that are no text, or a number YAML has no form for.
pub fn write<T: Serialize>(value: &T) -> Result<String, YamlError> {
    let options = serde_saphyr::ser_options! {
        // Folded blocks would break long values over lines: harder to compare and to search.
        prefer_block_scalars: false,
    };
    serde_saphyr::to_string_with_options(value, options)
        .map_err(|error| YamlError::Write(Box::new(error)))
}

/// A JSON value as YAML writes it.
///
/// `serde_json` keeps numbers of any size by a trick that only its own serializer understands;
/// here they become plain numbers.
#[derive(Clone, Copy, Debug)]
pub struct Json<'a>(pub &'a Value);

/// A JSON object as YAML writes it; see [`Json`].
#[derive(Clone, Copy, Debug)]
pub struct JsonMap<'a>(pub &'a Map<String, Value>);

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Number(number) => serialize_number(number, serializer),
            Value::String(text) => serializer.serialize_str(text),
            Value::Array(items) => serialize_items(items, serializer),
            Value::Object(map) => JsonMap(map).serialize(serializer),
        }
    }
}

impl Serialize for JsonMap<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in self.0 {
            map.serialize_entry(key, &Json(value))?;
        }
        map.end()
    }
}

fn serialize_items<S: Serializer>(items: &[Value], serializer: S) -> Result<S::Ok, S::Error> {
    let mut sequence = serializer.serialize_seq(Some(items.len()))?;
    for item in items {
        sequence.serialize_element(&Json(item))?;
    }
    sequence.end()
}

fn serialize_number<S: Serializer>(number: &Number, serializer: S) -> Result<S::Ok, S::Error> {
    if let Some(value) = number.as_i64() {
        return serializer.serialize_i64(value);
    }
    if let Some(value) = number.as_u64() {
        return serializer.serialize_u64(value);
    }
    match number.as_f64() {
        Some(value) => serializer.serialize_f64(value),
        None => Err(S::Error::custom("a number is too large")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn texts_that_look_like_something_else_are_quoted() {
        let words = ["yes", "on", "null", "~", "0o7", "1_000", "1e3", "12:30:45", "2026-01-01"];
        for word in words {
            let written = write(&Json(&json!({ "key": word }))).unwrap();
            assert!(!written.contains(&format!("key: {word}\n")), "{written}");
            assert_eq!(read::<Value>(&written).unwrap(), json!({ "key": word }));
        }
    }

    #[test]
    fn maps_only() {
        assert!(read_map("").unwrap().is_empty());
        assert!(read_map("# nothing\n").unwrap().is_empty());
        assert_eq!(read_map("{\"a\": 1}").unwrap().get("a"), Some(&json!(1)));
        assert!(matches!(read_map("- a"), Err(YamlError::NotAMap("a list"))));
        assert!(matches!(read_map("a"), Err(YamlError::NotAMap("a string"))));
        assert!(matches!(read_map("a: [1"), Err(YamlError::Read(_))));
        assert!(matches!(read_map("a: 1\na: 2"), Err(YamlError::Read(_))));
    }

    #[test]
    fn numbers_stay_numbers() {
        let value = json!({ "int": -3, "big": u64::MAX, "float": 0.5, "list": [1, 2] });
        let written = write(&Json(&value)).unwrap();
        let expected = "int: -3\nbig: 18446744073709551615\nfloat: 0.5\nlist:\n- 1\n- 2\n";
        assert_eq!(written, expected);
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            "[ \\t\\n:#'\"\\-?&*!|>%@{}\\[\\],0-9a-z~.]{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_back(value in any_json()) {
            let written = write(&Json(&value)).unwrap();
            prop_assert_eq!(read::<Value>(&written).unwrap(), value, "{}", written);
        }
    }
}
