//! One connection of the fake.

use super::PASSWORD;
use super::State;
use super::answer::{Answer, Fault};
use super::call::Call;
use crate::lock::lock;
use crate::output::ExitStatus;
use crate::shell::INPUT_MARK;
use russh::server::{Auth, ChannelOpenHandle, Handle, Handler, Msg, Session};
use russh::{Channel, ChannelId, ChannelOpenFailure, Error, Sig};
use std::collections::HashMap;
use std::future::pending;
use std::sync::Arc;
use tokio::io::copy_bidirectional;
use tokio::net::TcpStream;
use tokio::time::sleep;

type Cut = Arc<dyn Fn() + Send + Sync>;

/// Takes commands and answers them.
pub(super) struct FakeSession {
    state: Arc<State>,
    cut: Cut,
    /// Command line and input of each channel, until the input ends.
    pending: HashMap<ChannelId, (String, Vec<u8>)>,
}

impl FakeSession {
    pub(super) fn new(state: Arc<State>, cut: Box<dyn Fn() + Send + Sync>) -> Self {
        Self { state, cut: Arc::from(cut), pending: HashMap::new() }
    }
}

impl Handler for FakeSession {
    type Error = Error;

    async fn auth_password(&mut self, _: &str, password: &str) -> Result<Auth, Error> {
        Ok(if password == PASSWORD { Auth::Accept } else { Auth::reject() })
    }

    async fn channel_open_session(
        &mut self,
        _: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Error> {
        if self.state.refuses() {
            reply.reject(ChannelOpenFailure::ConnectFailed).await;
        } else {
            reply.accept().await;
        }
        Ok(())
    }

    async fn channel_open_direct_tcpip(
        &mut self,
        channel: Channel<Msg>,
        address: &str,
        port: u32,
        _: &str,
        _: u32,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Error> {
        let Some(mut stream) = self.state.connect(address, port).await else {
            reply.reject(ChannelOpenFailure::ConnectFailed).await;
            return Ok(());
        };
        reply.accept().await;
        tokio::spawn(async move {
            let _ = copy_bidirectional(&mut stream, &mut channel.into_stream()).await;
        });
        Ok(())
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        line: &[u8],
        session: &mut Session,
    ) -> Result<(), Error> {
        let line = String::from_utf8_lossy(line).into_owned();
        self.pending.insert(channel, (line, Vec::new()));
        session.channel_success(channel)
    }

    async fn data(
        &mut self,
        channel: ChannelId,
        data: &[u8],
        _: &mut Session,
    ) -> Result<(), Error> {
        if let Some((_, input)) = self.pending.get_mut(&channel) {
            input.extend_from_slice(data);
        }
        Ok(())
    }

    async fn channel_eof(
        &mut self,
        channel: ChannelId,
        session: &mut Session,
    ) -> Result<(), Error> {
        if let Some((line, input)) = self.pending.remove(&channel) {
            let (state, cut) = (Arc::clone(&self.state), Arc::clone(&self.cut));
            tokio::spawn(answer(state, cut, session.handle(), channel, line, input));
        }
        Ok(())
    }
}

impl State {
    fn refuses(&self) -> bool {
        let mut refusals = lock(&self.refusals);
        let refuses = *refusals > 0;
        *refusals = refusals.saturating_sub(1);
        refuses
    }

    fn begin(&self) {
        let mut running = lock(&self.running);
        running.0 += 1;
        running.1 = running.1.max(running.0);
    }

    fn end(&self) {
        let mut running = lock(&self.running);
        running.0 = running.0.saturating_sub(1);
    }

    async fn connect(&self, address: &str, port: u32) -> Option<TcpStream> {
        let to = lock(&self.forwards).iter().find_map(|(from, from_port, to)| {
            (from == address && u32::from(*from_port) == port).then_some(*to)
        })?;
        TcpStream::connect(to).await.ok()
    }
}

async fn answer(
    state: Arc<State>,
    cut: Cut,
    handle: Handle,
    channel: ChannelId,
    line: String,
    input: Vec<u8>,
) {
    state.begin();
    let stdin = after_password(&line, input);
    let answer = state.answer(Call { stdin, ..Call::parse(&line) });
    sleep(answer.delay).await;
    state.end();
    match answer.fault {
        Fault::Drop => cut(),
        Fault::Hang => pending().await,
        // The other side may be gone, which is no concern of the fake.
        Fault::Nothing => drop(send(&handle, channel, answer).await),
    }
}

/// What follows the password, where the line is one that skips it.
fn after_password(line: &str, input: Vec<u8>) -> Vec<u8> {
    if !line.contains(INPUT_MARK) {
        return input;
    }
    let mark = format!("{INPUT_MARK}\n").into_bytes();
    let at = input.windows(mark.len()).position(|window| window == mark);
    at.and_then(|at| input.get(at + mark.len()..)).unwrap_or_default().to_vec()
}

async fn send(handle: &Handle, channel: ChannelId, answer: Answer) -> Result<(), ()> {
    handle.data(channel, answer.stdout).await.map_err(drop)?;
    handle.extended_data(channel, 1, answer.stderr).await.map_err(drop)?;
    match answer.status {
        ExitStatus::Code(code) => handle.exit_status_request(channel, code.cast_unsigned()).await?,
        ExitStatus::TimedOut => handle.exit_status_request(channel, 124).await?,
        ExitStatus::Signal(name) => {
            let signal = signal(name);
            handle
                .exit_signal_request(channel, signal, false, String::new(), String::new())
                .await?;
        }
    }
    handle.eof(channel).await?;
    handle.close(channel).await
}

fn signal(name: String) -> Sig {
    match name.as_str() {
        "KILL" => Sig::KILL,
        "TERM" => Sig::TERM,
        "INT" => Sig::INT,
        _ => Sig::Custom(name),
    }
}
