//! What kubeadm makes on a host for what is wanted, rendered into a directory of its own: so it can be
//! compared with what is there before anything is changed.

use super::kubeadm::unwritten;
use super::subject::Subject;
use super::token::LIFE;
use crate::error::{ErrorKind, OperateError};
use cluster::Secret;
use cluster::documents::{InitContext, init_documents};
use cluster::intent::{MemberIntent, MembershipIntent};
use cluster::token::BootstrapToken;
use cluster::yaml::YamlError;
use host::{Command, FileWrite};
use std::time::Duration;

/// Where it is rendered: in memory, and for root alone.
pub(super) const DIRECTORY: &str = "/run/terraform-provider-kubeadm/rendered";

const CONFIGURATION: &str = "/run/terraform-provider-kubeadm/kubeadm-rendered.yaml";

/// kubeadm reads the host's files and perhaps the API, and pulls nothing.
const LIMIT: Duration = Duration::from_mins(2);

/// Makes the directory `$1` anew; the one it is in is gone after a boot.
pub(super) const BEGIN: &str =
    r#"rm -rf -- "$1" && mkdir -p -m 0700 -- "${1%/*}" && mkdir -m 0700 -- "$1""#;

impl Subject<'_> {
    /// Runs a script that renders into [`DIRECTORY`], `$1` of it, for which kubeadm's configuration is
    /// `$2` where there is a document; the texts of the files that it leaves there.
    pub(super) async fn render<const N: usize>(
        &self,
        what: &str,
        (script, arguments): (&'static str, &[&str]),
        document: Option<Secret>,
        files: [&str; N],
    ) -> Result<[Option<Vec<u8>>; N], OperateError> {
        let intent = format!("render {what}");
        self.require(&intent, &Command::script(BEGIN).arg(DIRECTORY)).await?;
        self.write_patches().await?;
        if let Some(document) = &document {
            let file = FileWrite::new(CONFIGURATION, document.expose()).mode(0o600);
            self.write(&intent, &file).await?;
        }
        let command = Command::script(script)
            .args([DIRECTORY, CONFIGURATION])
            .args(arguments.iter().copied())
            .timeout(LIMIT);
        let rendered = async {
            self.require(&intent, &command).await?;
            let mut all = [const { None }; N];
            for (file, text) in files.into_iter().zip(&mut all) {
                *text = self.read(&intent, &format!("{DIRECTORY}/{file}")).await?;
            }
            Ok(all)
        };
        let rendered = rendered.await;
        let clear = Command::new("rm").args(["-rf", "--", DIRECTORY, CONFIGURATION]);
        self.require("remove what was rendered", &clear).await?;
        rendered
    }

    /// What single phases of `kubeadm init` are told. kubeadm demands a token or makes one; this one
    /// goes nowhere.
    pub(super) async fn phase_documents(&self) -> Result<Result<Secret, YamlError>, OperateError> {
        let MembershipIntent::Member(intent) = self.intent else { return Err(self.not_a_member()) };
        self.phase_documents_of(intent).await
    }

    /// As [`Subject::phase_documents`], where certificates are in [`DIRECTORY`].
    pub(super) async fn certificate_documents(&self) -> Result<Secret, OperateError> {
        let MembershipIntent::Member(intent) = self.intent else { return Err(self.not_a_member()) };
        let mut intent = intent.clone();
        intent.cluster.certificates_dir = Some(DIRECTORY.to_owned());
        self.phase_documents_of(&intent).await?.map_err(unwritten)
    }

    async fn phase_documents_of(
        &self,
        intent: &MemberIntent,
    ) -> Result<Result<Secret, YamlError>, OperateError> {
        let context = InitContext {
            host: self.context().await?,
            token: BootstrapToken::generate(&mut rand::rng()),
            token_life: LIFE,
            skip_phases: Vec::new(),
        };
        Ok(init_documents(intent, &context))
    }
}

/// A file that kubeadm rendered, which must be there.
pub(super) fn text_of(what: &str, file: Option<Vec<u8>>) -> Result<String, OperateError> {
    let file = file.ok_or_else(|| {
        OperateError::new(format!("render {what}"), ErrorKind::Goal).note("kubeadm rendered none")
    })?;
    Ok(String::from_utf8_lossy(&file).into_owned())
}
