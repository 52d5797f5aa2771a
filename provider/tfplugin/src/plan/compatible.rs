//! Whether the outcome of an apply is what was planned, as core checks it.

use super::Breach;
use crate::Path;
use crate::value::{Type, Value};

/// The first place where the outcome differs from what the plan knew, or is itself not known.
pub(crate) fn assert_compatible(
    planned: &Value,
    actual: &Value,
    kind: &Type,
) -> Result<(), Breach> {
    if let Some(path) = actual.first_unknown() {
        return Err(Breach::new(&path, "is still unknown after apply"));
    }
    assert_refines(planned, actual, kind)
}

/// The first place where a later plan differs from what the earlier one knew.
pub(crate) fn assert_refines(earlier: &Value, later: &Value, kind: &Type) -> Result<(), Breach> {
    check(earlier, later, kind, &Path::root())
}

fn check(planned: &Value, actual: &Value, kind: &Type, at: &Path) -> Result<(), Breach> {
    match (planned, actual, kind) {
        (Value::Unknown, _, _) => Ok(()),
        (Value::Map(plans), Value::Map(actuals), Type::Object(kinds)) => {
            kinds.iter().try_for_each(|(name, kind)| {
                let planned = plans.get(name).unwrap_or(&Value::Null);
                let actual = actuals.get(name).unwrap_or(&Value::Null);
                check(planned, actual, kind, &at.attribute(name))
            })
        }
        (Value::Map(plans), Value::Map(actuals), Type::Map(kind)) => {
            if let Some(key) = plans.keys().find(|key| !actuals.contains_key(*key)) {
                return Err(Breach::new(&at.key(key), "was planned and is missing"));
            }
            actuals.iter().try_for_each(|(key, actual)| {
                let at = at.key(key);
                let missing = || Breach::new(&at, "was not planned");
                check(plans.get(key).ok_or_else(missing)?, actual, kind, &at)
            })
        }
        (Value::List(plans), Value::List(actuals), Type::Set(kind)) => {
            check_set(plans, actuals, kind, at)
        }
        (Value::List(plans), Value::List(actuals), Type::List(kind)) => {
            check_count(plans, actuals, at)?;
            let mut pairs = plans.iter().zip(actuals).enumerate();
            pairs
                .try_for_each(|(index, (plan, actual))| check(plan, actual, kind, &at.index(index)))
        }
        (planned, actual, _) if planned == actual => Ok(()),
        (Value::Null, _, _) => Err(Breach::new(at, "was planned to be null and is not")),
        (_, Value::Null, _) => Err(Breach::new(at, "was planned to have a value and is null")),
        _ => Err(Breach::new(at, "has another value than planned")),
    }
}

fn check_count(plans: &[Value], actuals: &[Value], at: &Path) -> Result<(), Breach> {
    let (planned, actual) = (plans.len(), actuals.len());
    if planned == actual {
        return Ok(());
    }
    let message = format!("was planned with {planned} elements and has {actual}");
    Err(Breach::new(at, message))
}

/// Unknown elements of the plan may have become equal ones, so the outcome may have fewer.
fn check_set(plans: &[Value], actuals: &[Value], kind: &Type, at: &Path) -> Result<(), Breach> {
    let known = plans.iter().all(Value::is_wholly_known);
    if known || actuals.len() > plans.len() {
        check_count(plans, actuals, at)?;
    }
    let fits = |plan: &Value, actual: &Value| check(plan, actual, kind, at).is_ok();
    for plan in plans {
        if !actuals.iter().any(|actual| fits(plan, actual)) {
            return Err(Breach::new(at, "lacks an element that was planned"));
        }
    }
    for actual in actuals {
        if !plans.iter().any(|plan| fits(plan, actual)) {
            return Err(Breach::new(at, "has an element that was not planned"));
        }
    }
    Ok(())
}
