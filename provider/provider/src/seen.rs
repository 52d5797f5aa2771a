//! When a host or a cluster was last looked at with success.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// When something was last looked at with success, in seconds since 1970; kept beside a state.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(transparent)]
pub(crate) struct Seen(Option<u64>);

impl Seen {
    /// It was looked at just now.
    pub(crate) fn now() -> Self {
        Self(Some(seconds_now()))
    }

    /// What follows from its silence, with how old the knowledge is that stays.
    pub(crate) fn consequence(self, kept: &str) -> String {
        self.consequence_at(kept, seconds_now())
    }

    fn consequence_at(self, kept: &str, now: u64) -> String {
        match self.0 {
            Some(then) => format!("{kept} It was last seen {} ago.", age(now.saturating_sub(then))),
            None => kept.to_owned(),
        }
    }
}

fn seconds_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).as_ref().map_or(0, Duration::as_secs)
}

/// In the two largest units, such as `2 d 3 h`.
fn age(seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, _, _) => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d {} h", hours % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_told_with_the_age_of_what_is_known() {
        let told = |then: Option<u64>| Seen(then).consequence_at("Kept.", 1_000_000);
        assert_eq!(told(Some(999_995)), "Kept. It was last seen 5 s ago.");
        assert_eq!(told(Some(999_875)), "Kept. It was last seen 2 min 5 s ago.");
        assert_eq!(told(Some(992_500)), "Kept. It was last seen 2 h 5 min ago.");
        assert_eq!(told(Some(816_400)), "Kept. It was last seen 2 d 3 h ago.");
        assert_eq!(told(Some(1_000_001)), "Kept. It was last seen 0 s ago.");
        assert_eq!(told(None), "Kept.");
    }
}
