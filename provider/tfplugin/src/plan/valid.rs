//! Whether a plan keeps what the configuration gives, as core checks it.

use super::Breach;
use super::pairs::partners;
use crate::Path;
use crate::schema::{Attribute, Kind, Nesting};
use crate::value::Value;

/// The first attribute of the plan that equals neither the configuration nor the prior state,
/// though it must.
pub(crate) fn assert_plan_valid(
    attributes: &[Attribute],
    prior: &Value,
    config: &Value,
    planned: &Value,
) -> Result<(), Breach> {
    object(attributes, prior, config, planned, &Path::root())
}

fn object(
    attributes: &[Attribute],
    prior: &Value,
    config: &Value,
    planned: &Value,
    at: &Path,
) -> Result<(), Breach> {
    attributes.iter().try_for_each(|attribute| {
        let name = &attribute.name;
        let at = at.attribute(name);
        let values = (prior.field(name), config.field(name), planned.field(name));
        check(attribute, values, &at)
    })
}

type Values<'a> = (&'a Value, &'a Value, &'a Value);

fn check(
    attribute: &Attribute,
    (prior, config, planned): Values<'_>,
    at: &Path,
) -> Result<(), Breach> {
    if attribute.mark.write_only {
        return match planned {
            Value::Null => Ok(()),
            _ => Err(Breach::new(at, "is write-only, but the plan holds a value")),
        };
    }
    if planned == config || planned == prior {
        return Ok(());
    }
    if config.is_null() && attribute.is_computed() {
        return Ok(());
    }
    match &attribute.kind {
        Kind::Nested(nesting, inner) => elements(*nesting, inner, (prior, config, planned), at),
        Kind::Value(_) => Err(differs(at)),
    }
}

fn differs(at: &Path) -> Breach {
    Breach::new(at, "is planned neither as configured nor as it was before")
}

fn elements(
    nesting: Nesting,
    inner: &[Attribute],
    (prior, config, planned): Values<'_>,
    at: &Path,
) -> Result<(), Breach> {
    match (nesting, config, planned) {
        (Nesting::Single, Value::Map(_), Value::Map(_)) => {
            object(inner, prior, config, planned, at)
        }
        (Nesting::Map, Value::Map(configs), Value::Map(plans))
            if configs.keys().eq(plans.keys()) =>
        {
            configs.iter().try_for_each(|(key, config)| {
                element(inner, (prior.field(key), config, planned.field(key)), &at.key(key))
            })
        }
        (Nesting::List, Value::List(configs), Value::List(plans))
            if configs.len() == plans.len() =>
        {
            let null = Value::Null;
            let priors = prior.elements().iter().chain(std::iter::repeat(&null));
            let mut all = configs.iter().zip(plans).zip(priors).enumerate();
            all.try_for_each(|(index, ((config, planned), prior))| {
                element(inner, (prior, config, planned), &at.index(index))
            })
        }
        (Nesting::Set, Value::List(configs), Value::List(plans))
            if configs.len() == plans.len()
                && partners(configs, plans).iter().all(Option::is_some) =>
        {
            Ok(())
        }
        _ => Err(differs(at)),
    }
}

fn element(inner: &[Attribute], values: Values<'_>, at: &Path) -> Result<(), Breach> {
    let (prior, config, planned) = values;
    match (config, planned) {
        (Value::Map(_), Value::Map(_)) => object(inner, prior, config, planned, at),
        _ if planned == config || planned == prior => Ok(()),
        _ => Err(differs(at)),
    }
}
