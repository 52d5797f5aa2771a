//! What core demands of a schema, so that a mistake shows in a test and not at the user's.

use super::{Attribute, Kind, Nesting};
use crate::attribute::Mode;
use crate::value::{Type, Value};

pub(super) fn check(attributes: &[Attribute]) -> Result<(), String> {
    attributes.iter().try_for_each(|attribute| {
        check_attribute(attribute).map_err(|message| format!("{}: {message}", attribute.name))
    })
}

fn check_attribute(attribute: &Attribute) -> Result<(), String> {
    check_name(&attribute.name)?;
    check_mark(attribute)?;
    check_default(attribute)?;
    let Kind::Nested(nesting, inner) = &attribute.kind else {
        return Ok(());
    };
    if *nesting == Nesting::Set {
        check_set(inner)?;
    }
    check(inner)
}

fn check_name(name: &str) -> Result<(), String> {
    let starts = name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_');
    let rest = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if starts && name.bytes().all(rest) {
        Ok(())
    } else {
        Err("a name is lower-case letters, digits and underscores".to_owned())
    }
}

fn check_mark(attribute: &Attribute) -> Result<(), String> {
    let mark = &attribute.mark;
    let rules = [
        (mark.write_only && attribute.is_computed(), "write-only and computed"),
        (mark.stable && !attribute.is_computed(), "stable, but not computed"),
        (
            mark.default.is_some() && mark.mode != Mode::Optional,
            "has a default, but is not optional",
        ),
    ];
    match rules.iter().find(|(broken, _)| *broken) {
        Some((_, message)) => Err((*message).to_owned()),
        None => Ok(()),
    }
}

fn check_default(attribute: &Attribute) -> Result<(), String> {
    let Some(default) = &attribute.mark.default else {
        return Ok(());
    };
    match Value::from_json(default, &attribute.value_type()) {
        Ok(value) if !value.is_null() => Ok(()),
        Ok(_) => Err("its default is null".to_owned()),
        Err(error) => Err(format!("its default {error}")),
    }
}

fn check_set(inner: &[Attribute]) -> Result<(), String> {
    for attribute in inner {
        if attribute.mark.write_only {
            return Err(format!("{}: write-only inside a set", attribute.name));
        }
        match &attribute.kind {
            Kind::Value(kind) if has_dynamic(kind) => {
                return Err(format!("{}: dynamic inside a set", attribute.name));
            }
            Kind::Value(_) => {}
            Kind::Nested(_, deeper) => check_set(deeper)?,
        }
    }
    Ok(())
}

fn has_dynamic(kind: &Type) -> bool {
    match kind {
        Type::Dynamic => true,
        Type::List(element) | Type::Set(element) | Type::Map(element) => has_dynamic(element),
        Type::Object(fields) => fields.values().any(has_dynamic),
        Type::Tuple(elements) => elements.iter().any(has_dynamic),
        Type::Bool | Type::Number | Type::String => false,
    }
}
