//! Where in an object something is.

use std::fmt;

/// One step of a [`Path`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// An attribute of an object.
    Attribute(String),
    /// An element of a map.
    Key(String),
    /// An element of a list (of a set: in the order received).
    Index(usize),
}

/// The way from the root of an object to an attribute or element.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Path {
    steps: Vec<Step>,
}

impl Path {
    /// The object itself.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// A path of attribute names; a name of digits only is a list index.
    pub fn of<I>(names: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        Self { steps: names.into_iter().map(|name| step(name.as_ref())).collect() }
    }

    /// This path and then an attribute.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Self {
        self.then(Step::Attribute(name.to_owned()))
    }

    /// This path and then an element of a map.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        self.then(Step::Key(key.to_owned()))
    }

    /// This path and then an element of a list.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.then(Step::Index(index))
    }

    /// This path and then any step.
    #[must_use]
    pub fn then(&self, step: Step) -> Self {
        let mut steps = self.steps.clone();
        steps.push(step);
        Self { steps }
    }

    /// The steps from the root on.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Whether this is the object itself.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.steps.is_empty()
    }

    /// Whether this path leads to `other` or to something that holds it.
    #[must_use]
    pub fn holds(&self, other: &Self) -> bool {
        other.steps.starts_with(&self.steps)
    }
}

fn step(name: &str) -> Step {
    match name.parse() {
        Ok(index) => Step::Index(index),
        Err(_) => Step::Attribute(name.to_owned()),
    }
}

impl From<Vec<Step>> for Path {
    fn from(steps: Vec<Step>) -> Self {
        Self { steps }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.steps.iter().enumerate() {
            match step {
                Step::Attribute(name) if position == 0 => write!(formatter, "{name}")?,
                Step::Attribute(name) => write!(formatter, ".{name}")?,
                Step::Key(key) => write!(formatter, "[{key:?}]")?,
                Step::Index(index) => write!(formatter, "[{index}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_read_like_the_language() {
        let path = Path::of(["nodes", "0", "labels"]).key("a\"b");
        assert_eq!(path.to_string(), r#"nodes[0].labels["a\"b"]"#);
    }

    #[test]
    fn a_path_holds_itself_and_what_is_below() {
        let nodes = Path::of(["nodes"]);
        assert!(nodes.holds(&nodes.index(1)));
        assert!(nodes.holds(&nodes));
        assert!(!nodes.index(1).holds(&nodes));
        assert!(Path::root().holds(&nodes));
    }
}
