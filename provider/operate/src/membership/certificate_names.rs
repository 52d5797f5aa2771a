//! The certificates that a control plane's servers show, and the names in them.

use super::render::text_of;
use super::subject::Subject;
use crate::error::{ErrorKind, OperateError};
use cluster::certificates::names;
use host::FileWrite;
use std::collections::BTreeSet;

/// kubeadm makes a certificate where there is none, and signs it with the CA that it finds beside it.
/// `$3` where the cluster's are, `$4` kubeadm's name of it, `$5` the CA's file without its ending.
/// Without the CA's key somebody else signs them.
const RENDER: &str = r#"
[ -e "$3/$5.key" ] || exit 0
place=$(dirname -- "$1/$5")
mkdir -p -- "$place" && ln -s -- "$3/$5.crt" "$3/$5.key" "$place/" || exit 1
kubeadm init phase certs "$4" --config "$2" >/dev/null"#;

/// A certificate with names that the configuration adds to.
struct Named {
    what: &'static str,
    /// kubeadm's name of it.
    phase: &'static str,
    ca: &'static str,
    files: [&'static str; 2],
}

const API_SERVER: Named = Named {
    what: "the API server's certificate",
    phase: "apiserver",
    ca: "ca",
    files: ["apiserver.crt", "apiserver.key"],
};

const ETCD: [Named; 2] = [
    Named {
        what: "the certificate that etcd shows its clients",
        phase: "etcd-server",
        ca: "etcd/ca",
        files: ["etcd/server.crt", "etcd/server.key"],
    },
    Named {
        what: "the certificate that etcd shows its peers",
        phase: "etcd-peer",
        ca: "etcd/ca",
        files: ["etcd/peer.crt", "etcd/peer.key"],
    },
];

impl Subject<'_> {
    /// Makes certificates anew that have other names than wanted. API servers and etcd take them up by
    /// themselves, at the next handshake.
    pub(crate) async fn certify_names(&self) -> Result<(), OperateError> {
        self.certify(&API_SERVER).await?;
        if self.cluster().etcd.local().is_some() {
            for named in &ETCD {
                self.certify(named).await?;
            }
        }
        Ok(())
    }

    async fn certify(&self, named: &Named) -> Result<(), OperateError> {
        let Named { what, phase, ca, files } = named;
        let directory = self.cluster().certificates_directory();
        let document = self.certificate_documents().await?;
        let arguments: &[&str] = &[directory, phase, ca];
        let [certificate, key] =
            self.render(what, (RENDER, arguments), Some(document), *files).await?;
        let Some(key) = key else { return Ok(()) };
        let certificate = text_of(what, certificate)?;
        let wanted = names_in(what, &certificate)?;
        let intent = format!("write {what}");
        let path = |name: &str| format!("{directory}/{name}");
        if let Some(present) = self.read(&intent, &path(files[0])).await?
            && names_in(what, &String::from_utf8_lossy(&present)).is_ok_and(|found| found == wanted)
        {
            return Ok(());
        }
        tracing::info!(host = self.name(), "{what} is made anew");
        self.write(&intent, &FileWrite::new(path(files[1]), key).mode(0o600)).await?;
        self.write(&intent, &FileWrite::new(path(files[0]), certificate)).await?;
        self.operator.forget(self.node());
        Ok(())
    }
}

fn names_in(what: &str, certificate: &str) -> Result<BTreeSet<String>, OperateError> {
    names(certificate).map_err(|error| {
        OperateError::new(format!("read {what}"), ErrorKind::Goal).note(error.to_string())
    })
}
