//! The schema section of a page.

use std::fmt::Write as _;

use tfplugin::schema::{Attribute, Kind, Nesting, Schema};
use tfplugin::value::Type;

/// Required, optional and read-only attributes, then each nested schema.
pub(super) fn section(schema: &Schema) -> String {
    let mut text = "## Schema\n\n".to_owned();
    let mut nested = Vec::new();
    groups(&mut text, &schema.attributes, "", ("### ", ""), &mut nested);
    let mut next = 0;
    while let Some(inner) = nested.get(next).cloned() {
        next += 1;
        let Inner { path, attributes } = inner;
        let anchor = path.replace('.', "--");
        let _ =
            write!(text, "<a id=\"nestedatt--{anchor}\"></a>\n### Nested Schema for `{path}`\n\n");
        groups(&mut text, &attributes, &path, ("", ":"), &mut nested);
    }
    text.trim_end().to_owned() + "\n"
}

/// Whether an attribute belongs to a group.
type Belongs = fn(&Attribute) -> bool;

/// Attributes below another one.
#[derive(Clone)]
struct Inner {
    path: String,
    attributes: Vec<Attribute>,
}

fn groups(
    text: &mut String,
    attributes: &[Attribute],
    path: &str,
    (before, after): (&str, &str),
    nested: &mut Vec<Inner>,
) {
    let kinds: [(&str, Belongs); 3] = [
        ("Required", Attribute::is_required),
        ("Optional", Attribute::is_optional),
        ("Read-Only", |attribute| !attribute.is_required() && !attribute.is_optional()),
    ];
    for (title, belongs) in kinds {
        let mut group: Vec<&Attribute> =
            attributes.iter().filter(|attribute| belongs(attribute)).collect();
        group.sort_by(|one, other| one.name.cmp(&other.name));
        if group.is_empty() {
            continue;
        }
        let _ = write!(text, "{before}{title}{after}\n\n");
        for attribute in group {
            text.push_str(&line(attribute, path, nested));
        }
        text.push('\n');
    }
}

fn line(attribute: &Attribute, path: &str, nested: &mut Vec<Inner>) -> String {
    let mut flags = vec![kind(&attribute.kind)];
    let mark = &attribute.mark;
    let more = [
        (mark.sensitive, "Sensitive"),
        (mark.write_only, "Write-only"),
        (mark.deprecated.is_some(), "Deprecated"),
    ];
    flags.extend(more.into_iter().filter(|(is, _)| *is).map(|(_, flag)| flag.to_owned()));
    let description = attribute.description.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut line = format!("- `{}` ({}) {description}", attribute.name, flags.join(", "));
    if let Kind::Nested(_, attributes) = &attribute.kind {
        let path = if path.is_empty() {
            attribute.name.clone()
        } else {
            format!("{path}.{}", attribute.name)
        };
        if !attributes.is_empty() {
            let anchor = path.replace('.', "--");
            let _ = write!(line, " (see [below for nested schema](#nestedatt--{anchor}))");
            nested.push(Inner { path, attributes: attributes.clone() });
        }
    }
    line.trim_end().to_owned() + "\n"
}

fn kind(kind: &Kind) -> String {
    match kind {
        Kind::Value(kind) => type_name(kind),
        Kind::Nested(Nesting::Single, _) => "Attributes".to_owned(),
        Kind::Nested(Nesting::List, _) => "Attributes List".to_owned(),
        Kind::Nested(Nesting::Set, _) => "Attributes Set".to_owned(),
        Kind::Nested(Nesting::Map, _) => "Attributes Map".to_owned(),
    }
}

/// A type as the registry's pages name it.
pub(super) fn type_name(kind: &Type) -> String {
    match kind {
        Type::Bool => "Boolean".to_owned(),
        Type::Number => "Number".to_owned(),
        Type::String => "String".to_owned(),
        Type::Dynamic => "Dynamic".to_owned(),
        Type::List(inner) => format!("List of {}", type_name(inner)),
        Type::Set(inner) => format!("Set of {}", type_name(inner)),
        Type::Map(inner) => format!("Map of {}", type_name(inner)),
        Type::Object(_) => "Object".to_owned(),
        Type::Tuple(_) => "Tuple".to_owned(),
    }
}
