//! Tests of what a model may not be.

use schemars::JsonSchema;

use super::{Kind, derive};
use crate::attribute::{Mode, computed, optional, optional_computed, required};
use crate::value::Dynamic;
use crate::{Set, Tf};

#[derive(JsonSchema)]
#[expect(dead_code, reason = "of interest is the schema alone")]
struct BadName {
    #[schemars(rename = "not-a-name")]
    field: Tf<String>,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "of interest is the schema alone")]
struct ComputedWriteOnly {
    #[schemars(extend("x-tf" = optional_computed().write_only()))]
    field: Tf<String>,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "of interest is the schema alone")]
struct WriteOnlyElement {
    #[schemars(extend("x-tf" = optional().write_only()))]
    field: Tf<String>,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "of interest is the schema alone")]
struct WriteOnlyInSet {
    elements: Tf<Set<WriteOnlyElement>>,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "of interest is the schema alone")]
struct DynamicElement {
    field: Tf<Dynamic>,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "of interest is the schema alone")]
struct DynamicInSet {
    elements: Tf<Set<DynamicElement>>,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "of interest is the schema alone")]
struct RequiredDefault {
    #[schemars(extend("x-tf" = required().default("x")))]
    field: Tf<String>,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "of interest is the schema alone")]
struct WrongDefault {
    #[schemars(extend("x-tf" = optional().default(1)))]
    field: Tf<bool>,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "of interest is the schema alone")]
struct StableOptional {
    #[schemars(extend("x-tf" = optional().stable()))]
    field: Tf<bool>,
}

#[test]
fn mistakes_are_found() {
    let cases = [
        (derive::<BadName>("m", 0), "not-a-name: a name is lower-case letters"),
        (derive::<ComputedWriteOnly>("m", 0), "field: write-only and computed"),
        (derive::<WriteOnlyInSet>("m", 0), "elements: field: write-only inside a set"),
        (derive::<DynamicInSet>("m", 0), "elements: field: dynamic inside a set"),
        (derive::<RequiredDefault>("m", 0), "field: has a default, but is not optional"),
        (derive::<WrongDefault>("m", 0), "field: its default must be a bool"),
        (derive::<StableOptional>("m", 0), "field: stable, but not computed"),
        (derive::<String>("m", 0), "is not a struct"),
    ];
    for (schema, message) in cases {
        let found = schema.unwrap_err().message;
        assert!(found.starts_with(message), "{found}");
    }
}

/// An outer object.
///
/// With two paragraphs.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "of interest is the schema alone")]
struct Outer {
    /// What the field says of itself.
    #[schemars(extend("x-tf" = computed()))]
    inner: Tf<Inner>,
    unsaid: Tf<Inner>,
}

/// What the type says.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "of interest is the schema alone")]
struct Inner {
    #[schemars(extend("x-tf" = required()))]
    field: Tf<String>,
}

#[test]
fn doc_comments_are_descriptions() {
    let schema = derive::<Outer>("m", 3).unwrap();
    assert_eq!(schema.version, 3);
    assert_eq!(schema.description, "An outer object.\n\nWith two paragraphs.");
    let descriptions: Vec<_> =
        schema.attributes.iter().map(|attribute| attribute.description.as_str()).collect();
    assert_eq!(descriptions, ["What the field says of itself.", "What the type says."]);
}

#[test]
fn within_a_computed_object_everything_is_computed() {
    let schema = derive::<Outer>("m", 0).unwrap();
    let modes = schema.attributes.iter().map(|attribute| match &attribute.kind {
        Kind::Nested(_, inner) => inner[0].mark.mode,
        Kind::Value(_) => panic!("not an object"),
    });
    assert_eq!(modes.collect::<Vec<_>>(), [Mode::Computed, Mode::Required]);
}
