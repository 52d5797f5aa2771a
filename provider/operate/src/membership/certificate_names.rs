//! The certificate that the API server shows, and the names in it.

use super::render::text_of;
use super::subject::Subject;
use crate::error::{ErrorKind, OperateError};
use cluster::certificates::names;
use host::FileWrite;
use std::collections::BTreeSet;

/// kubeadm makes a certificate where there is none, and signs it with the CA that it finds beside it.
/// `$3` where the cluster's are. Without the CA's key somebody else signs them.
const RENDER: &str = r#"
[ -e "$3/ca.key" ] || exit 0
ln -s -- "$3/ca.crt" "$3/ca.key" "$1/" || exit 1
kubeadm init phase certs apiserver --config "$2" >/dev/null"#;

const WHAT: &str = "the API server's certificate";

impl Subject<'_> {
    /// Makes the certificate anew where it has other names than wanted. The API server takes it up by
    /// itself.
    pub(crate) async fn certify_names(&self) -> Result<(), OperateError> {
        let directory = self.cluster().certificates_directory();
        let document = self.certificate_documents().await?;
        let files = ["apiserver.crt", "apiserver.key"];
        let [certificate, key] =
            self.render(WHAT, (RENDER, &[directory]), Some(document), files).await?;
        let Some(key) = key else { return Ok(()) };
        let certificate = text_of(WHAT, certificate)?;
        let wanted = names_in(&certificate)?;
        let intent = format!("write {WHAT}");
        let path = |name: &str| format!("{directory}/{name}");
        if let Some(present) = self.read(&intent, &path(files[0])).await?
            && names_in(&String::from_utf8_lossy(&present)).is_ok_and(|found| found == wanted)
        {
            return Ok(());
        }
        tracing::info!(host = self.name(), "{WHAT} is made anew");
        self.write(&intent, &FileWrite::new(path(files[1]), key).mode(0o600)).await?;
        self.write(&intent, &FileWrite::new(path(files[0]), certificate)).await?;
        self.operator.forget(self.node());
        Ok(())
    }
}

fn names_in(certificate: &str) -> Result<BTreeSet<String>, OperateError> {
    names(certificate).map_err(|error| {
        OperateError::new(format!("read {WHAT}"), ErrorKind::Goal).note(error.to_string())
    })
}
