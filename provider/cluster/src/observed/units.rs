//! systemd units.

use super::{Fact, Sections};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Serialize;
use std::collections::BTreeMap;

/// systemd units that matter here, by name with suffix.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Units(pub Fact<BTreeMap<String, UnitState>>);

/// State of one unit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct UnitState {
    /// `loaded`, `not-found`, `masked`.
    pub load: String,
    /// `active`, `inactive`, `failed`, `activating`.
    pub active: String,
    /// `enabled`, `disabled`, `static`, `masked`; empty when there is no file.
    pub file: String,
    /// How often systemd has restarted it.
    pub restarts: u32,
    /// When it became active last, in whole seconds; none when it never did.
    pub entered: Option<Timestamp>,
}

impl Units {
    pub(super) fn parse(sections: &Sections) -> Self {
        Self(sections.text("units").map(|text| text.split("\n\n").filter_map(unit).collect()))
    }

    /// State of one unit; absent when systemd knows no such unit.
    #[must_use]
    pub fn unit(&self, name: &str) -> Fact<UnitState> {
        self.0.as_ref().and_then(|units| match units.get(name) {
            Some(unit) if unit.load == "not-found" => Fact::Absent,
            Some(unit) => Fact::Known(unit.clone()),
            None => Fact::default(),
        })
    }
}

impl UnitState {
    /// Whether it runs.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.active == "active"
    }

    /// Whether it starts at boot.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.file == "enabled"
    }
}

fn unit(block: &str) -> Option<(String, UnitState)> {
    let value = |key: &str| {
        let line = block.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        line.unwrap_or_default().trim().to_owned()
    };
    let name = value("Id");
    let state = UnitState {
        load: value("LoadState"),
        active: value("ActiveState"),
        file: value("UnitFileState"),
        restarts: value("NRestarts").parse().unwrap_or_default(),
        entered: moment(&value("ActiveEnterTimestamp")),
    };
    (!name.is_empty()).then_some((name, state))
}

/// As systemd writes it in UTC: `Thu 2026-11-26 17:18:08 UTC`.
fn moment(text: &str) -> Option<Timestamp> {
    let civil = DateTime::strptime("%a %Y-%m-%d %H:%M:%S UTC", text).ok()?;
    Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_systemctl_show() {
        let text = "Id=kubelet.service\nLoadState=not-found\nActiveState=inactive\nUnitFileState=\n\nId=containerd.service\nNRestarts=3\nActiveEnterTimestamp=Thu 2026-11-26 17:18:08 UTC\nLoadState=loaded\nActiveState=active\nUnitFileState=enabled\n";
        let units = Units(Fact::Known(text.split("\n\n").filter_map(unit).collect()));
        assert!(units.unit("kubelet.service").is_absent());
        assert!(units.unit("docker.service").is_unreadable());
        let containerd = units.unit("containerd.service").known().cloned().unwrap();
        assert!(containerd.is_active() && containerd.is_enabled());
        assert_eq!(containerd.restarts, 3);
        assert_eq!(containerd.entered, Some("2026-11-26T17:18:08Z".parse().unwrap()));
        assert_eq!(moment(""), None);
    }
}
