//! Whether a value is known in all its parts.

use std::collections::BTreeMap;

use tfplugin::{GoDuration, Set, Tf};

/// Whether a value is known in all its parts; null is known.
pub(crate) trait Whole {
    /// Whether nothing in it waits for an apply.
    fn is_whole(&self) -> bool;
}

impl<T: Whole> Whole for Tf<T> {
    fn is_whole(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Unknown => false,
            Self::Known(value) => value.is_whole(),
        }
    }
}

impl<T: Whole> Whole for Vec<T> {
    fn is_whole(&self) -> bool {
        self.iter().all(Whole::is_whole)
    }
}

impl<T: Whole> Whole for Set<T> {
    fn is_whole(&self) -> bool {
        self.iter().all(Whole::is_whole)
    }
}

impl<T: Whole> Whole for BTreeMap<String, T> {
    fn is_whole(&self) -> bool {
        self.values().all(Whole::is_whole)
    }
}

/// Values that have no parts.
macro_rules! atoms {
    ($($type:ty),* $(,)?) => {
        $(impl $crate::model::Whole for $type {
            fn is_whole(&self) -> bool {
                true
            }
        })*
    };
}

/// Structs, taken apart so that a field added later cannot be forgotten.
macro_rules! whole {
    ($($type:ident { $($field:ident),* $(,)? })*) => {
        $(impl $crate::model::Whole for $type {
            fn is_whole(&self) -> bool {
                let Self { $($field),* } = self;
                true $(&& $crate::model::Whole::is_whole($field))*
            }
        })*
    };
}

pub(crate) use {atoms, whole};

atoms!(String, bool, u16, i64, GoDuration);
