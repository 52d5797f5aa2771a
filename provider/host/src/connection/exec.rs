//! Running a command line.

use super::{Connection, failure};
use crate::error::HostError;
use crate::output::{ExitStatus, Output};
use russh::client::Msg;
use russh::{ChannelMsg, ChannelWriteHalf, Sig};
use std::time::Duration;
use tokio::time::timeout;

/// Most that a command may print.
const OUTPUT_LIMIT: usize = 64 << 20;
/// How long a channel may stay open and silent after its command ended: a daemon that the command
/// left behind holds the streams open for ever.
const LINGER: Duration = Duration::from_secs(3);

/// What is run, and how it is named in messages.
pub(crate) struct Exec<'a> {
    /// For the remote shell.
    pub(crate) line: &'a str,
    /// What the command reads.
    pub(crate) input: &'a [u8],
    /// The command without secrets.
    pub(crate) shown: &'a str,
}

/// Why a command has no output.
pub(crate) enum ExecError {
    /// It did not run: the connection was gone before.
    NotStarted(HostError),
    /// What came of it is unknown, or known to be bad.
    Failed(HostError),
}

/// What has arrived so far.
#[derive(Default)]
struct Received {
    status: Option<ExitStatus>,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

/// Whether more is to come.
enum Progress {
    More,
    Done,
    TooMuch,
    Refused,
}

impl Connection {
    /// Runs a command line and waits for its end.
    pub(crate) async fn exec(&self, exec: &Exec<'_>) -> Result<Output, ExecError> {
        let mut session = self.session().await.map_err(|error| self.not_opened(exec, error))?;
        let lost = |source| ExecError::Failed(self.lost(exec, source));
        let Some((read, write)) = session.halves() else { return Err(lost(None)) };
        if let Err(error) = write.exec(true, exec.line).await {
            return Err(lost(Some(error)));
        }
        let mut received = Received::default();
        let feeding = feed(write, exec.input);
        tokio::pin!(feeding);
        let mut fed = false;
        loop {
            let message = tokio::select! {
                () = &mut feeding, if !fed => { fed = true; continue }
                message = timeout(patience(&received), read.wait()) => message,
            };
            let progress = match message {
                Ok(Some(message)) => received.take(message),
                Ok(None) | Err(_) => Progress::Done,
            };
            match progress {
                Progress::More => {}
                Progress::Done => break,
                Progress::TooMuch => return Err(ExecError::Failed(self.too_much(exec))),
                Progress::Refused => return Err(ExecError::Failed(self.refused(exec))),
            }
        }
        received.output().ok_or_else(|| lost(None))
    }

    fn not_opened(&self, exec: &Exec<'_>, error: russh::Error) -> ExecError {
        match failure::open(&self.login, exec.shown.to_owned(), error) {
            refused @ HostError::ChannelRefused { .. } => ExecError::Failed(refused),
            lost => ExecError::NotStarted(lost),
        }
    }

    fn lost(&self, exec: &Exec<'_>, source: Option<russh::Error>) -> HostError {
        let error = source.unwrap_or(russh::Error::Disconnect);
        failure::lost(&self.login, exec.shown.to_owned(), error)
    }

    fn refused(&self, exec: &Exec<'_>) -> HostError {
        let (login, purpose) = (self.login.clone(), exec.shown.to_owned());
        HostError::ChannelRefused { login, purpose, source: None }
    }

    fn too_much(&self, exec: &Exec<'_>) -> HostError {
        let (login, command) = (self.login.clone(), exec.shown.to_owned());
        HostError::TooMuchOutput { login, command, limit: OUTPUT_LIMIT }
    }
}

/// Writes the command's input. A command may end without reading it, which is its own business.
async fn feed(write: &ChannelWriteHalf<Msg>, input: &[u8]) {
    if write.data_bytes(input.to_vec()).await.is_ok() {
        let _ = write.eof().await;
    }
}

/// Before the end, as long as the connection lives: keepalives watch it.
fn patience(received: &Received) -> Duration {
    if received.status.is_some() { LINGER } else { Duration::MAX }
}

impl Received {
    fn take(&mut self, message: ChannelMsg) -> Progress {
        match message {
            ChannelMsg::Data { data } => self.stdout.extend_from_slice(&data),
            ChannelMsg::ExtendedData { data, .. } => self.stderr.extend_from_slice(&data),
            ChannelMsg::ExitStatus { exit_status } => {
                self.status = Some(ExitStatus::Code(exit_status.cast_signed()));
            }
            ChannelMsg::ExitSignal { signal_name, .. } => {
                self.status = Some(ExitStatus::Signal(name(&signal_name)));
            }
            ChannelMsg::Failure => return Progress::Refused,
            ChannelMsg::Close => return Progress::Done,
            _ => {}
        }
        let size = self.stdout.len() + self.stderr.len();
        if size > OUTPUT_LIMIT { Progress::TooMuch } else { Progress::More }
    }

    /// What came of the command; a channel that ended without a status was lost.
    fn output(self) -> Option<Output> {
        let Self { status, stdout, stderr } = self;
        status.map(|status| Output { status, stdout, stderr })
    }
}

fn name(signal: &Sig) -> String {
    match signal {
        Sig::Custom(name) => name.clone(),
        known => format!("{known:?}"),
    }
}
