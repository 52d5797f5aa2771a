//! When a host was last looked at with success.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

const HOUR: u64 = 3_600;

/// When something was last looked at with success, in seconds since 1970, to the hour; kept beside a
/// state. A state that changed with every look would be written by every apply.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(transparent)]
pub(crate) struct Seen(Option<u64>);

impl Seen {
    /// It was looked at just now; a note that is not older than an hour stays as it is.
    pub(crate) fn again(self) -> Self {
        self.again_at(seconds_now())
    }

    /// What follows from its silence, with how old the knowledge is that stays.
    pub(crate) fn consequence(self, kept: &str) -> String {
        self.consequence_at(kept, seconds_now())
    }

    fn again_at(self, now: u64) -> Self {
        let is_fresh = |then: &u64| now.saturating_sub(*then) < HOUR;
        Self(Some(self.0.filter(is_fresh).unwrap_or(now)))
    }

    fn consequence_at(self, kept: &str, now: u64) -> String {
        match self.0 {
            Some(then) => format!("{kept} It was last seen {}.", age(now.saturating_sub(then))),
            None => kept.to_owned(),
        }
    }
}

fn seconds_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).as_ref().map_or(0, Duration::as_secs)
}

/// As exact as it is known.
fn age(seconds: u64) -> String {
    match (seconds / (24 * HOUR), seconds / HOUR) {
        (0, 0 | 1) => "within the last two hours".to_owned(),
        (0, hours) => format!("about {hours} hours ago"),
        (1, hours) => format!("about a day and {} hours ago", hours - 24),
        (days, _) => format!("about {days} days ago"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_told_with_the_age_of_what_is_known() {
        let told = |then: Option<u64>| Seen(then).consequence_at("Kept.", 1_000_000);
        assert_eq!(told(Some(999_995)), "Kept. It was last seen within the last two hours.");
        assert_eq!(told(Some(992_500)), "Kept. It was last seen about 2 hours ago.");
        assert_eq!(told(Some(902_500)), "Kept. It was last seen about a day and 3 hours ago.");
        assert_eq!(told(Some(816_400)), "Kept. It was last seen about 2 days ago.");
        assert_eq!(told(None), "Kept.");
    }

    #[test]
    fn a_look_within_the_hour_changes_nothing() {
        let again = |then: Option<u64>| Seen(then).again_at(10_000);
        assert_eq!(again(Some(9_000)), Seen(Some(9_000)));
        assert_eq!(again(Some(6_000)), Seen(Some(10_000)));
        assert_eq!(again(None), Seen(Some(10_000)));
    }
}
