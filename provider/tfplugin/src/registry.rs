//! What a provider offers.

use std::collections::BTreeMap;

use crate::engine::{
    AnyDataSource, AnyEphemeral, AnyFunction, AnyResource, DataSourceEntry, EphemeralEntry,
    FunctionEntry, Object, ResourceEntry,
};
use crate::schema::SchemaError;
use crate::{DataSource, Ephemeral, Function, Provider, Resource};

/// What a provider offers.
pub struct Registry<P: Provider> {
    pub(crate) config: Object,
    pub(crate) resources: BTreeMap<&'static str, Box<dyn AnyResource<P>>>,
    pub(crate) data_sources: BTreeMap<&'static str, Box<dyn AnyDataSource<P>>>,
    pub(crate) ephemerals: BTreeMap<&'static str, Box<dyn AnyEphemeral<P>>>,
    pub(crate) functions: BTreeMap<&'static str, Box<dyn AnyFunction>>,
    problems: Vec<SchemaError>,
}

impl<P: Provider> Registry<P> {
    /// Everything the provider registers.
    ///
    /// # Errors
    /// When a model is no schema or two things have one name.
    pub(crate) fn of_provider() -> Result<Self, Vec<SchemaError>> {
        let mut registry = Self {
            config: Object::of::<P::Config>(P::NAME, 0).map_err(|error| vec![error])?,
            resources: BTreeMap::new(),
            data_sources: BTreeMap::new(),
            ephemerals: BTreeMap::new(),
            functions: BTreeMap::new(),
            problems: Vec::new(),
        };
        P::register(&mut registry);
        if registry.problems.is_empty() { Ok(registry) } else { Err(registry.problems) }
    }

    /// Adds a resource.
    pub fn resource<R: Resource<Provider = P>>(&mut self, resource: R) {
        let name = R::TYPE_NAME;
        self.check_prefix(name);
        match ResourceEntry::new(resource) {
            Ok(entry) => add(&mut self.resources, &mut self.problems, name, Box::new(entry)),
            Err(problem) => self.problems.push(problem),
        }
    }

    /// Adds a data source.
    pub fn data_source<D: DataSource<Provider = P>>(&mut self, data_source: D) {
        let name = D::TYPE_NAME;
        self.check_prefix(name);
        match DataSourceEntry::new(data_source) {
            Ok(entry) => add(&mut self.data_sources, &mut self.problems, name, Box::new(entry)),
            Err(problem) => self.problems.push(problem),
        }
    }

    /// Adds an ephemeral resource.
    pub fn ephemeral<E: Ephemeral<Provider = P>>(&mut self, ephemeral: E) {
        let name = E::TYPE_NAME;
        self.check_prefix(name);
        match EphemeralEntry::new(ephemeral) {
            Ok(entry) => add(&mut self.ephemerals, &mut self.problems, name, Box::new(entry)),
            Err(problem) => self.problems.push(problem),
        }
    }

    /// Adds a function.
    pub fn function<F: Function>(&mut self, function: F) {
        match FunctionEntry::new(function) {
            Ok(entry) => add(&mut self.functions, &mut self.problems, F::NAME, Box::new(entry)),
            Err(problem) => self.problems.push(problem),
        }
    }

    fn check_prefix(&mut self, name: &str) {
        let rest = name.strip_prefix(P::NAME);
        if !rest.is_some_and(|rest| rest.starts_with('_')) {
            self.problems.push(problem(name, "does not start with the provider's name"));
        }
    }
}

fn add<T: ?Sized>(
    entries: &mut BTreeMap<&'static str, Box<T>>,
    problems: &mut Vec<SchemaError>,
    name: &'static str,
    entry: Box<T>,
) {
    if entries.insert(name, entry).is_some() {
        problems.push(problem(name, "is registered twice"));
    }
}

fn problem(name: &str, message: &str) -> SchemaError {
    SchemaError { model: name.to_owned(), message: message.to_owned() }
}
