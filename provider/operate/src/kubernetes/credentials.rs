//! The administrator's credentials, as kubeadm writes them to admin.conf.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cluster::Secret;
use serde::Deserialize;

/// Who may do everything in a cluster: parts of an admin.conf.
#[derive(Clone)]
pub struct AdminCredentials {
    /// The API's address as everybody reaches it, `https://HOST:PORT`.
    pub server: String,
    /// Certificate of the cluster's CA, in PEM.
    pub ca_certificate: String,
    /// Certificate of the administrator, in PEM.
    pub client_certificate: String,
    /// Private key of the administrator, in PEM.
    pub client_key: Secret,
    /// The whole file.
    pub kubeconfig: Secret,
}

/// Why an admin.conf is of no use.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// It is no text.
    #[error("the file is not UTF-8")]
    Encoding,
    /// It is no kubeconfig. The parser's message is left out: it may quote the file.
    #[error("the file is not a kubeconfig")]
    Syntax,
    /// Something that kubeadm always writes is missing.
    #[error("the file has no {0}")]
    Missing(&'static str),
}

/// The little of a kubeconfig that kubeadm writes; other keys are let pass.
#[derive(Deserialize)]
struct Kubeconfig {
    clusters: Vec<NamedCluster>,
    users: Vec<NamedUser>,
}

#[derive(Deserialize)]
struct NamedCluster {
    cluster: Cluster,
}

#[derive(Deserialize)]
struct Cluster {
    server: Option<String>,
    #[serde(rename = "certificate-authority-data")]
    ca: Option<String>,
}

#[derive(Deserialize)]
struct NamedUser {
    user: User,
}

#[derive(Deserialize)]
struct User {
    #[serde(rename = "client-certificate-data")]
    certificate: Option<String>,
    #[serde(rename = "client-key-data")]
    key: Option<String>,
}

impl AdminCredentials {
    /// Reads the text of an admin.conf.
    ///
    /// # Errors
    /// When it is not what kubeadm writes.
    pub fn parse(file: Vec<u8>) -> Result<Self, CredentialsError> {
        let text = String::from_utf8(file).map_err(|_| CredentialsError::Encoding)?;
        let parsed: Kubeconfig =
            cluster::yaml::read(&text).map_err(|_| CredentialsError::Syntax)?;
        let cluster =
            parsed.clusters.into_iter().next().ok_or(CredentialsError::Missing("cluster"))?.cluster;
        let user = parsed.users.into_iter().next().ok_or(CredentialsError::Missing("user"))?.user;
        Ok(Self {
            server: cluster.server.ok_or(CredentialsError::Missing("server"))?,
            ca_certificate: pem(cluster.ca, "CA certificate")?,
            client_certificate: pem(user.certificate, "client certificate")?,
            client_key: Secret::new(pem(user.key, "client key")?),
            kubeconfig: Secret::new(text),
        })
    }
}

fn pem(data: Option<String>, what: &'static str) -> Result<String, CredentialsError> {
    let bytes = data.and_then(|data| STANDARD.decode(data.trim()).ok());
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or(CredentialsError::Missing(what))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(key_line: &str) -> Vec<u8> {
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: a\nclusters:\n- cluster:\n    certificate-authority-data: {ca}\n    server: https://10.0.0.1:6443\n  name: prod\ncontexts: []\nusers:\n- name: kubernetes-admin\n  user:\n    client-certificate-data: {certificate}\n{key_line}",
            ca = STANDARD.encode("ca pem"),
            certificate = STANDARD.encode("certificate pem"),
        )
        .into_bytes()
    }

    #[test]
    fn parts_are_decoded() {
        let key = format!("    client-key-data: {}\n", STANDARD.encode("key pem"));
        let credentials = AdminCredentials::parse(file(&key)).unwrap();
        assert_eq!(credentials.server, "https://10.0.0.1:6443");
        assert_eq!(credentials.ca_certificate, "ca pem");
        assert_eq!(credentials.client_certificate, "certificate pem");
        assert_eq!(credentials.client_key.expose(), "key pem");
    }

    #[test]
    fn errors_quote_nothing_of_the_file() {
        let message = |file: Vec<u8>| AdminCredentials::parse(file).err().unwrap().to_string();
        assert_eq!(message(file("")), "the file has no client key");
        assert_eq!(
            message(file("    client-key-data: '%%secret%%'\n")),
            "the file has no client key"
        );
        assert_eq!(message(b"secret: [".to_vec()), "the file is not a kubeconfig");
        assert_eq!(message(vec![0xff]), "the file is not UTF-8");
    }
}
