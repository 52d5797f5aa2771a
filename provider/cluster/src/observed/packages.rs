//! Installed packages.

use super::{Fact, Sections};
use serde::Serialize;
use std::collections::BTreeMap;

/// Packages that matter here and are installed, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Packages(pub Fact<BTreeMap<String, Package>>);

/// One installed package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Package {
    /// Full version, with epoch and revision: `1.6.20~ds1-1+deb12u1`.
    pub version: String,
    /// Whether upgrades leave it alone.
    pub held: bool,
}

impl Packages {
    pub(super) fn parse(sections: &Sections) -> Self {
        Self(sections.text("packages").map(|text| text.lines().filter_map(package).collect()))
    }

    /// An installed package; absent when it is not installed.
    #[must_use]
    pub fn package(&self, name: &str) -> Fact<Package> {
        self.0.as_ref().and_then(|packages| match packages.get(name) {
            Some(package) => Fact::Known(package.clone()),
            None => Fact::Absent,
        })
    }
}

impl Package {
    /// Whether the version is `wanted`, or begins with it at a boundary: `1.6.20` is
    /// `1.6.20~ds1-1+deb12u1`, but `1.6.2` is not. An epoch counts only when it is wanted.
    #[must_use]
    pub fn is_version(&self, wanted: &str) -> bool {
        let without_epoch =
            self.version.split_once(':').map_or(self.version.as_str(), |(_, rest)| rest);
        let begins = |version: &str| {
            version
                .strip_prefix(wanted)
                .is_some_and(|rest| !rest.starts_with(|letter: char| letter.is_ascii_digit()))
        };
        begins(&self.version) || begins(without_epoch)
    }
}

/// `NAME VERSION WANT STATUS`, tab separated; only packages that are installed whole.
fn package(line: &str) -> Option<(String, Package)> {
    let mut columns = line.split('\t');
    let (name, version, want, status) =
        (columns.next()?, columns.next()?, columns.next()?, columns.next()?);
    let package = Package { version: version.to_owned(), held: want == "hold" };
    (status.trim() == "installed").then(|| (name.to_owned(), package))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_installed_packages_count() {
        let text = "containerd\t1.6.20~ds1-1+b1\tinstall\tinstalled\nkubelet\t1.35.4-1.1\thold\tinstalled\nsocat\t1.7\tdeinstall\tconfig-files\n";
        let packages = Packages(Fact::Known(text.lines().filter_map(package).collect()));
        assert!(packages.package("socat").is_absent());
        assert!(packages.package("kubelet").known().unwrap().held);
    }

    #[test]
    fn versions_match_at_boundaries() {
        for (installed, wanted, expected) in [
            ("1.6.20~ds1-1+deb12u1", "1.6.20", true),
            ("1.6.20~ds1-1+deb12u1", "1.6.2", false),
            ("1.6.20~ds1-1", "1.6", true),
            ("5:27.1-1", "27.1", true),
            ("5:27.1-1", "5:27.1-1", true),
            ("1.35.4-1.1", "1.35.4", true),
            ("1.35.41-1.1", "1.35.4", false),
        ] {
            let package = Package { version: installed.to_owned(), held: false };
            assert_eq!(package.is_version(wanted), expected, "{installed} {wanted}");
        }
    }
}
