//! What must not rest anywhere, and who must not get in.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use crate::core::{Running, wait_until, with_each_core};

#[test]
fn write_only_values_are_used_and_saved_nowhere() {
    let configuration = r#"
        provider "probe" { directory = "DIR" }
        ephemeral "probe_token" "token" { bearer = "me" }
        resource "probe_note" "note" {
          title               = "t"
          password_wo         = ephemeral.probe_token.token.value
          password_wo_version = 1
        }
    "#;
    with_each_core(|core| {
        if !core.is_at_least((1, 11), (1, 11)) {
            return;
        }
        let workspace = core.workspace(configuration);
        let log = workspace.path("log");
        let mut command = workspace.command(&["apply", "-no-color", "-auto-approve"]);
        let applied = command.env("TF_LOG", "trace").env("TF_LOG_PATH", &log).output().unwrap();
        assert!(applied.status.success());
        let attributes = workspace.instances()[0]["attributes"].clone();
        assert_eq!(attributes["password_length"], "token-of-me".len());
        assert!(workspace.path("closed-me").exists(), "the token was closed");
        assert_eq!(workspace.plan().code, Some(0));
        let texts = [
            applied.stdout,
            applied.stderr,
            fs::read(log).unwrap(),
            fs::read(workspace.path("terraform.tfstate")).unwrap(),
        ];
        let found = texts.iter().filter(|text| contains(text, b"token-of-me")).count();
        assert_eq!(found, 0);
    });
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

#[test]
fn strangers_are_refused() {
    with_each_core(|core| {
        let workspace = core.workspace(
            "resource \"probe_slow\" \"slow\" {\n begun = \"DIR/begun\"\n endless = true\n}",
        );
        let apply = workspace.command(&["apply", "-no-color", "-auto-approve"]);
        let running = Running::start(apply);
        wait_until("the work begins", || workspace.path("begun").exists());
        let directories: Vec<PathBuf> = fs::read_dir(workspace.sockets())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.join("socket").exists())
            .collect();
        assert!(!directories.is_empty());
        for directory in directories {
            let mode = fs::metadata(&directory).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700);
            let socket = directory.join("socket");
            assert!(!answers(socket.clone(), None), "without a certificate");
            assert!(!answers(socket, Some(some_certificate())), "with a wrong one");
        }
        running.interrupt();
        running.wait().assert_says("the work was interrupted");
    });
}

type Identity = (CertificateDer<'static>, PrivateKeyDer<'static>);

fn some_certificate() -> Identity {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    (made.cert.der().clone(), made.signing_key.into())
}

/// Whether the plugin says anything to a client that presents this certificate.
fn answers(socket: PathBuf, identity: Option<Identity>) -> bool {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let stream = UnixStream::connect(socket).await.unwrap();
        let connector = tokio_rustls::TlsConnector::from(Arc::new(client(identity)));
        let name = ServerName::try_from("localhost").unwrap();
        let Ok(mut tls) = connector.connect(name, stream).await else {
            return false;
        };
        let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
        if tls.write_all(preface).await.is_err() {
            return false;
        }
        matches!(tls.read(&mut [0; 9]).await, Ok(read) if read > 0)
    })
}

fn client(identity: Option<Identity>) -> ClientConfig {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyServer(provider)));
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => builder.with_client_auth_cert(vec![certificate], key).unwrap(),
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    config
}

/// A stranger does not care whom it talks to.
#[derive(Debug)]
struct AnyServer(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
