//! A function with its types erased.

use super::guard_sync;
use crate::model;
use crate::schema::{self, Parameter, SchemaError, Signature};
use crate::value::{Type, Value, ValueError};
use crate::{Diagnostics, Function, FunctionError, Step};

/// A function with its types erased. The calls do not panic.
pub(crate) trait AnyFunction: Send + Sync {
    fn signature(&self) -> &Signature;
    fn call(&self, arguments: Vec<Value>) -> Result<Value, FunctionError>;
}

/// A function and its signature.
pub(crate) struct FunctionEntry<F> {
    function: F,
    signature: Signature,
}

impl<F: Function> FunctionEntry<F> {
    pub(crate) fn new(function: F) -> Result<Self, SchemaError> {
        let derived = schema::parameters::<F::Arguments, F::Return>(F::NAME)?;
        let (description, mut parameters, returns) = derived;
        let variadic = parameters.pop_if(|last| last.mark.variadic);
        let signature = Signature {
            summary: description.lines().next().unwrap_or_default().to_owned(),
            description,
            variadic: variadic
                .map(rest)
                .transpose()
                .map_err(|message| SchemaError { model: F::NAME.to_owned(), message })?,
            parameters,
            returns,
        };
        Ok(Self { function, signature })
    }

    fn try_call(&self, arguments: Vec<Value>) -> Result<Value, FunctionError> {
        let arguments = self.named(arguments);
        let arguments = model::decode(&arguments).map_err(|error| self.argument_error(&error))?;
        let result = self.function.call(arguments)?;
        let result = model::encode(&result, &self.signature.returns);
        result.map_err(|error| FunctionError::new(error.to_string()))
    }

    fn named(&self, arguments: Vec<Value>) -> Value {
        let mut arguments = arguments.into_iter();
        let parameters = self.signature.parameters.iter();
        let mut named: std::collections::BTreeMap<_, _> = parameters
            .map(|parameter| {
                let argument = arguments.next().unwrap_or_default();
                (parameter.name.clone(), argument)
            })
            .collect();
        if let Some(variadic) = &self.signature.variadic {
            named.insert(variadic.name.clone(), Value::List(arguments.collect()));
        }
        Value::Map(named)
    }

    fn argument_error(&self, error: &ValueError) -> FunctionError {
        let text = format!("{}: {error}", error.path);
        let plain = FunctionError::new(text);
        match self.position(error.path.steps()) {
            Some(position) => plain.argument(position),
            None => plain,
        }
    }

    fn position(&self, steps: &[Step]) -> Option<usize> {
        let parameters = &self.signature.parameters;
        let named = |name: &str| parameters.iter().position(|parameter| parameter.name == name);
        match steps {
            [Step::Attribute(name), Step::Index(index), ..] => {
                Some(named(name).unwrap_or(parameters.len() + index))
            }
            [Step::Attribute(name), ..] => named(name),
            _ => None,
        }
    }
}

/// The variadic parameter has the type of one argument, not of all.
fn rest(parameter: Parameter) -> Result<Parameter, String> {
    match parameter.kind {
        Type::List(element) => Ok(Parameter { kind: *element, ..parameter }),
        _ => Err(format!("{}: a variadic parameter must be a Vec", parameter.name)),
    }
}

impl<F: Function> AnyFunction for FunctionEntry<F> {
    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn call(&self, arguments: Vec<Value>) -> Result<Value, FunctionError> {
        let called = guard_sync(|| Ok(self.try_call(arguments)));
        called.unwrap_or_else(|diagnostics| Err(panicked(&diagnostics)))
    }
}

fn panicked(diagnostics: &Diagnostics) -> FunctionError {
    let texts = diagnostics
        .iter()
        .map(|diagnostic| format!("{}: {}", diagnostic.summary, diagnostic.detail));
    FunctionError::new(texts.collect::<Vec<_>>().join("\n"))
}
