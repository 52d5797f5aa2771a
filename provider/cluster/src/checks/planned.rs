use serde::{Deserialize, Serialize};

/// A value of a draft: given, left out, or not known before apply.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Planned<T> {
    /// Known only during apply; checks stay silent.
    Unknown,
    /// Left out: the default holds.
    #[default]
    Absent,
    /// Given.
    Known(T),
}

impl<T> Planned<T> {
    /// The value, when it is given and known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown | Self::Absent => None,
        }
    }

    /// Whether it was left out for sure.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// The value or, when it was left out, the default; `None` while it is unknown.
    pub fn or_default<'a>(&'a self, default: &'a T) -> Option<&'a T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Absent => Some(default),
            Self::Unknown => None,
        }
    }
}

impl Planned<String> {
    /// The text, when it is given and known.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.known().map(String::as_str)
    }

    /// The text or, when it was left out, the default; `None` while it is unknown.
    #[must_use]
    pub fn text_or<'a>(&'a self, default: &'a str) -> Option<&'a str> {
        match self {
            Self::Known(text) => Some(text),
            Self::Absent => Some(default),
            Self::Unknown => None,
        }
    }
}

impl<T> From<Option<T>> for Planned<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Absent, Self::Known)
    }
}

impl From<&str> for Planned<String> {
    fn from(text: &str) -> Self {
        Self::Known(text.to_owned())
    }
}
