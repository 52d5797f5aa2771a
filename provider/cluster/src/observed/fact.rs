//! One thing looked at on a host.

use serde::Serialize;

/// One thing looked at on a host: known, known not to be there, or not readable.
///
/// The difference between the last two decides whether something may be concluded: "unreadable"
/// is never taken for "gone".
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact<T> {
    /// It is this.
    Known(T),
    /// It is not there.
    Absent,
    /// Nothing can be said, and why.
    Unreadable(String),
}

impl<T> Fact<T> {
    /// The value, when there is one.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Absent | Self::Unreadable(_) => None,
        }
    }

    /// Whether it is known not to be there.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Whether nothing can be said about it.
    pub fn is_unreadable(&self) -> bool {
        matches!(self, Self::Unreadable(_))
    }

    /// Changes the value, if there is one.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Fact<U> {
        self.and_then(|value| Fact::Known(change(value)))
    }

    /// Looks closer at the value, if there is one.
    pub fn and_then<U>(self, look: impl FnOnce(T) -> Fact<U>) -> Fact<U> {
        match self {
            Self::Known(value) => look(value),
            Self::Absent => Fact::Absent,
            Self::Unreadable(reason) => Fact::Unreadable(reason),
        }
    }

    /// The same fact, borrowed.
    pub fn as_ref(&self) -> Fact<&T> {
        match self {
            Self::Known(value) => Fact::Known(value),
            Self::Absent => Fact::Absent,
            Self::Unreadable(reason) => Fact::Unreadable(reason.clone()),
        }
    }

    /// A parsed value, or why it cannot be understood.
    pub fn understood<E: std::fmt::Display>(parsed: Result<T, E>) -> Self {
        match parsed {
            Ok(value) => Self::Known(value),
            Err(error) => Self::Unreadable(format!("not understood: {error}")),
        }
    }
}

impl<T> Default for Fact<T> {
    fn default() -> Self {
        Self::Unreadable("not looked at".to_owned())
    }
}
