//! Which hosts the stories of this process have: stories run side by side as far as the machine
//! carries them.

use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// How many hosts two cores carry without one story's load showing in another's times; a load balancer
/// is hardly felt.
const CAPACITY: usize = 7;

static TAKEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
static FREED: Condvar = Condvar::new();

/// Hosts that are a story's alone until this is dropped.
#[derive(Debug)]
pub(crate) struct Reservation(Vec<String>);

impl Reservation {
    /// Waits until no other story has one of these hosts, and there is room for all of them.
    pub(crate) fn of(names: &[&str]) -> Self {
        let blocked = |taken: &mut BTreeSet<String>| !has_room(taken, names);
        let mut taken = FREED.wait_while(lock(), blocked).unwrap_or_else(PoisonError::into_inner);
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        taken.extend(names.iter().cloned());
        Self(names)
    }

    /// The hosts by name.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.0.iter().map(String::as_str).collect()
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        lock().retain(|name| !self.0.contains(name));
        FREED.notify_all();
    }
}

/// A story that needs more than all there is runs alone.
fn has_room(taken: &BTreeSet<String>, names: &[&str]) -> bool {
    let free = names.iter().all(|name| !taken.contains(*name));
    let felt = names.iter().copied().chain(taken.iter().map(String::as_str)).filter(is_felt);
    free && (taken.is_empty() || felt.count() <= CAPACITY)
}

fn is_felt(name: &&str) -> bool {
    !name.starts_with("lb")
}

/// Names in a set stay whole, whatever panicked meanwhile.
fn lock() -> MutexGuard<'static, BTreeSet<String>> {
    TAKEN.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stories_share_the_machine_but_no_host() {
        let taken = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let five = taken(&["a", "b", "c", "d", "e"]);
        assert!(has_room(&five, &["f", "g"]));
        assert!(!has_room(&five, &["e", "f"]), "e is taken");
        assert!(!has_room(&five, &["f", "g", "h"]), "eight hosts are too many");
        assert!(has_room(&five, &["f", "g", "lb1"]), "a load balancer is hardly felt");
        let all: Vec<&str> = "a b c d e f g h".split(' ').collect();
        assert!(has_room(&taken(&[]), &all), "alone, eight are not");
    }

    #[test]
    fn a_host_is_free_again_when_its_story_ended() {
        let first = Reservation::of(&["first"]);
        let second = std::thread::spawn(|| Reservation::of(&["first", "second"]));
        assert_eq!(first.names(), ["first"]);
        drop(first);
        assert_eq!(second.join().unwrap().names(), ["first", "second"]);
    }
}
