//! Kubernetes versions and how far apart they may be.

use semver::Version;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A Kubernetes version, such as `1.35.4` or `1.36.0-rc.1`.
///
/// Written without a leading `v`; [`KubernetesVersion::tag`] is the form with it, which kubeadm,
/// container images and git use.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KubernetesVersion(Version);

/// Why a text is no Kubernetes version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VersionError {
    /// A leading `v`, as in a git tag.
    #[error("version {0:?} has a leading v")]
    LeadingV(String),
    /// Something else than `MAJOR.MINOR.PATCH`.
    #[error("version {0:?} is not of the form MAJOR.MINOR.PATCH, such as 1.35.4")]
    Format(String),
    /// Build metadata, which no Kubernetes package or image carries.
    #[error("version {0:?} has build metadata after a +")]
    BuildMetadata(String),
}

impl KubernetesVersion {
    /// A release without pre-release part.
    #[must_use]
    pub fn new(major: u64, minor: u64, patch: u64) -> Self {
        Self(Version::new(major, minor, patch))
    }

    /// The first number.
    #[must_use]
    pub fn major(&self) -> u64 {
        self.0.major
    }

    /// The second number; kubeadm moves by one of these at a time.
    #[must_use]
    pub fn minor(&self) -> u64 {
        self.0.minor
    }

    /// The third number.
    #[must_use]
    pub fn patch(&self) -> u64 {
        self.0.patch
    }

    /// Whether it is an alpha, beta or release candidate.
    #[must_use]
    pub fn is_prerelease(&self) -> bool {
        !self.0.pre.is_empty()
    }

    /// The release line, such as `1.35`: it is part of the package repository's address.
    #[must_use]
    pub fn line(&self) -> String {
        format!("{}.{}", self.0.major, self.0.minor)
    }

    /// The form with a leading `v`, such as `v1.35.4`.
    #[must_use]
    pub fn tag(&self) -> String {
        format!("v{}", self.0)
    }

    /// Whether it belongs to the line `1.minor` or a later one; pre-releases count as their line.
    #[must_use]
    pub fn is_at_least_minor(&self, minor: u64) -> bool {
        (self.0.major, self.0.minor) >= (1, minor)
    }

    /// Reads either form, for what hosts and the cluster report: `v1.35.4`, `1.35.4`.
    ///
    /// # Errors
    /// When the text, without one leading `v`, is no version.
    pub fn parse_reported(text: &str) -> Result<Self, VersionError> {
        let text = text.trim();
        text.strip_prefix('v').unwrap_or(text).parse()
    }
}

impl FromStr for KubernetesVersion {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        if text.starts_with(['v', 'V']) {
            return Err(VersionError::LeadingV(text.to_owned()));
        }
        let version = Version::parse(text).map_err(|_| VersionError::Format(text.to_owned()))?;
        if version.build.is_empty() {
            Ok(Self(version))
        } else {
            Err(VersionError::BuildMetadata(text.to_owned()))
        }
    }
}

impl TryFrom<String> for KubernetesVersion {
    type Error = VersionError;

    fn try_from(text: String) -> Result<Self, VersionError> {
        text.parse()
    }
}

impl From<KubernetesVersion> for String {
    fn from(version: KubernetesVersion) -> Self {
        version.to_string()
    }
}

impl fmt::Display for KubernetesVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn versions_are_read_exactly() {
        let version: KubernetesVersion = "1.35.4".parse().unwrap();
        assert_eq!(version, KubernetesVersion::new(1, 35, 4));
        assert_eq!(version.tag(), "v1.35.4");
        assert_eq!(version.line(), "1.35");
        assert!(!version.is_prerelease());
    }

    #[test]
    fn other_forms_are_told_apart() {
        let leading = |text: &str| VersionError::LeadingV(text.to_owned());
        let format = |text: &str| VersionError::Format(text.to_owned());
        let build = |text: &str| VersionError::BuildMetadata(text.to_owned());
        let cases = [
            ("v1.35.4", leading("v1.35.4")),
            ("V1.35.4", leading("V1.35.4")),
            ("", format("")),
            ("1.35", format("1.35")),
            ("stable", format("stable")),
            ("1.35.4-", format("1.35.4-")),
            (" 1.35.4", format(" 1.35.4")),
            ("01.35.4", format("01.35.4")),
            ("1.35.4+k3s1", build("1.35.4+k3s1")),
        ];
        for (text, expected) in cases {
            assert_eq!(text.parse::<KubernetesVersion>(), Err(expected), "{text}");
        }
    }

    #[test]
    fn reported_versions_may_have_a_v() {
        for text in ["v1.35.4", "1.35.4", " v1.35.4\n"] {
            let version = KubernetesVersion::parse_reported(text);
            assert_eq!(version, Ok(KubernetesVersion::new(1, 35, 4)), "{text}");
        }
    }

    #[test]
    fn pre_releases_come_before_their_release_and_belong_to_its_line() {
        let candidate: KubernetesVersion = "1.36.0-rc.1".parse().unwrap();
        assert!(candidate < KubernetesVersion::new(1, 36, 0));
        assert!(candidate.is_at_least_minor(36));
        assert!(candidate.is_prerelease());
    }

    proptest! {
        #[test]
        fn text_is_read_back(major: u64, minor: u64, patch: u64) {
            let version = KubernetesVersion::new(major, minor, patch);
            prop_assert_eq!(KubernetesVersion::parse_reported(&version.tag()), Ok(version.clone()));
            prop_assert_eq!(version.to_string().parse(), Ok(version));
        }
    }
}
