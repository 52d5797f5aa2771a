//! Whether the kubelet that runs has read its files.

use super::kubelet_flags;
use crate::observed::Observed;

/// The kubelet's unit.
pub const UNIT: &str = "kubelet.service";

/// The kubelet's configuration file.
pub const CONFIGURATION: &str = "/var/lib/kubelet/config.yaml";

/// Whether the kubelet was started since its arguments and its configuration were written last: it
/// reads them when it starts, and never again. Where that cannot be told, it counts as current.
///
/// Both times are whole seconds. One who writes and starts in the same second is believed.
#[must_use]
pub fn is_current(observed: &Observed) -> bool {
    let entered = observed.units.unit(UNIT).known().and_then(|unit| unit.entered);
    let (Some(entered), Some(files)) = (entered, observed.kubernetes.files.known()) else {
        return true;
    };
    let read = [kubelet_flags::PATH, CONFIGURATION].into_iter().filter_map(|path| files.get(path));
    read.into_iter().all(|file| file.modified <= entered.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observed::{Fact, FileDigest, UnitState};
    use jiff::Timestamp;

    fn host(entered: Option<i64>, arguments: i64, configuration: i64) -> Observed {
        let mut observed = Observed::default();
        let entered = entered.map(|second| Timestamp::from_second(second).unwrap());
        let unit = UnitState { entered, ..UnitState::default() };
        observed.units.0 = Fact::Known([(UNIT.to_owned(), unit)].into());
        let file = |modified| FileDigest { modified, ..FileDigest::default() };
        let files = [(kubelet_flags::PATH, arguments), (CONFIGURATION, configuration)];
        let files = files.map(|(path, modified)| (path.to_owned(), file(modified)));
        observed.kubernetes.files = Fact::Known(files.into());
        observed
    }

    #[test]
    fn a_kubelet_that_started_before_its_files_were_written_is_behind() {
        assert!(is_current(&host(Some(100), 90, 100)));
        assert!(!is_current(&host(Some(100), 101, 90)));
        assert!(!is_current(&host(Some(100), 90, 101)));
        assert!(is_current(&host(None, 101, 101)), "it never ran");
        assert!(is_current(&Observed::default()), "nothing is known");
    }
}
