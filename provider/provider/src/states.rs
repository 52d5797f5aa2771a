//! States that earlier releases have written are read for ever.
//!
//! `tests/states/` holds one file a resource and version of its state's form. A file is never
//! changed; a new version of a form comes with a new file.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::double::World;

#[tokio::test]
async fn states_of_every_version_are_read() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/states");
    let harness = World::new().harness(&json!({})).await;
    let mut read = 0;
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let (type_name, version) = name.rsplit_once("-v").unwrap();
        let stored: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let driver = harness.resource(type_name).unwrap();
        let upgraded = driver.upgrade(version.parse().unwrap(), &stored).unwrap().json();
        for (attribute, value) in stored.as_object().unwrap() {
            let now = &upgraded[attribute];
            assert!(carries(now, value), "{name}: {attribute} was {value} and is {now}");
        }
        read += 1;
    }
    assert!(read >= 5, "every resource has a state of version 0");
}

/// Whether a value is what it was, but for attributes that came later and are null.
fn carries(now: &Value, before: &Value) -> bool {
    match (now, before) {
        (Value::Object(now), Value::Object(before)) => {
            let kept = |(name, value): (&String, &Value)| {
                now.get(name).is_some_and(|now| carries(now, value))
            };
            before.iter().all(kept)
                && now.iter().all(|(name, value)| before.contains_key(name) || value.is_null())
        }
        (Value::Array(now), Value::Array(before)) => {
            now.len() == before.len()
                && now.iter().zip(before).all(|(now, before)| carries(now, before))
        }
        _ => now == before,
    }
}
