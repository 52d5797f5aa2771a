use crate::version::KubernetesVersion;
use serde::{Deserialize, Serialize};

/// Where kubeadm, kubelet and kubectl come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageSource {
    /// Address of the package repository; `{line}` stands for the release line such as `1.35`.
    /// Default is the Kubernetes community's.
    pub repository_url: Option<String>,
    /// The repository's signing key, ASCII-armoured.
    pub repository_key: Option<String>,
    /// Where hosts fetch the signing key, when `repository_key` is not given; `{line}` as above.
    /// Default is `Release.key` below the repository.
    pub repository_key_url: Option<String>,
    /// Whether the packages are held, so that the host's own upgrades leave them alone.
    pub hold: bool,
}

impl PackageSource {
    /// Address of the repository of Debian packages for `version`, without a trailing slash.
    #[must_use]
    pub fn debian_url(&self, version: &KubernetesVersion) -> String {
        let url = self.repository_url.as_deref();
        let url = for_line(url.unwrap_or(COMMUNITY_DEBIAN), version);
        url.trim_end_matches('/').to_owned()
    }

    /// Where the signing key is fetched for `version`; not used when `repository_key` is given.
    #[must_use]
    pub fn debian_key_url(&self, version: &KubernetesVersion) -> String {
        match &self.repository_key_url {
            Some(url) => for_line(url, version),
            None => format!("{}/Release.key", self.debian_url(version)),
        }
    }
}

const COMMUNITY_DEBIAN: &str = "https://pkgs.k8s.io/core:/stable:/v{line}/deb";

fn for_line(url: &str, version: &KubernetesVersion) -> String {
    url.replace("{line}", &version.line())
}

impl Default for PackageSource {
    fn default() -> Self {
        Self { repository_url: None, repository_key: None, repository_key_url: None, hold: true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_follow_the_release_line() {
        let version = KubernetesVersion::new(1, 35, 4);
        let community = PackageSource::default();
        let mirror = PackageSource {
            repository_url: Some("http://mirror/{line}/deb/".to_owned()),
            ..PackageSource::default()
        };
        assert_eq!(
            community.debian_key_url(&version),
            "https://pkgs.k8s.io/core:/stable:/v1.35/deb/Release.key"
        );
        assert_eq!(mirror.debian_url(&version), "http://mirror/1.35/deb");
    }
}
