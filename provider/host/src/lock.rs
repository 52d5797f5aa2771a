//! Locks that are held for a moment, never across a wait.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks; a panic of another holder is no reason to fail, since what is locked is always whole.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
