//! A fake host for tests: an SSH server in this process, with scripted answers and faults.
//!
//! Files are kept in memory and served to [`Host::read`](crate::Host::read),
//! [`Host::write`](crate::Host::write) and [`Host::remove`](crate::Host::remove); transient units
//! are kept too, and their commands answered by the same script. A command without an answer ends
//! with status 127 and is recorded, see [`FakeHost::unscripted`].
//!
//! ```
//! # async fn example() {
//! use host::fake::{Answer, FakeHost};
//! use host::{Command, Pool};
//!
//! let fake = FakeHost::start().await;
//! fake.on(&["hostname"], Answer::stdout("cp1\n"));
//! let host = Pool::new().host(&fake.target());
//! let output = host.run(&Command::new("hostname")).await.unwrap();
//! assert_eq!(output.stdout_text(), "cp1\n");
//! # }
//! ```

mod answer;
mod builtin;
mod call;
mod files;
mod rules;
mod server;
mod session;
mod units;

pub use answer::Answer;
pub use call::Call;
pub use files::FakeFile;

use crate::endpoint::Target;
use crate::lock::lock;
use crate::output::ExitStatus;
use crate::profile::{Agent, Credentials, Profile, Sudo};
use crate::secret::Secret;
use files::Files;
use rules::Rules;
use server::Server;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use units::Units;

/// The password that the fake accepts, from any user.
pub const PASSWORD: &str = "fake-password";

/// A fake host. It ends when it is dropped.
pub struct FakeHost {
    server: Server,
    state: Arc<State>,
}

/// What the fake is, shared by its connections.
#[derive(Default)]
struct State {
    rules: Mutex<Rules>,
    calls: Mutex<Vec<Call>>,
    files: Mutex<Files>,
    units: Mutex<Units>,
    forwards: Mutex<Vec<(String, u16, SocketAddr)>>,
    /// Channels that are still to be refused.
    refusals: Mutex<usize>,
    /// Commands under way now, and most that were at once.
    running: Mutex<(usize, usize)>,
}

impl FakeHost {
    /// A host on a port of the loopback interface.
    pub async fn start() -> Self {
        let state = Arc::new(State::default());
        let server = Server::start(Arc::clone(&state)).await;
        Self { server, state }
    }

    /// How to reach it: as root, with its host key pinned.
    #[must_use]
    pub fn target(&self) -> Target {
        let address = self.server.address();
        let target = Target::new(address.ip().to_string(), self.profile());
        target.port(address.port()).host_key(self.server.host_key())
    }

    /// How to log in: as root, by password, with short times.
    #[must_use]
    pub fn profile(&self) -> Profile {
        Profile {
            credentials: Credentials {
                password: Some(Secret::new(PASSWORD)),
                agent: Agent::Never,
                ..Credentials::default()
            },
            sudo: Sudo::Passwordless,
            connect_timeout: Duration::from_secs(5),
            connect_retry: Duration::ZERO,
            ..Profile::default()
        }
    }

    /// Its address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Its host key, as a line without names.
    #[must_use]
    pub fn host_key(&self) -> String {
        self.server.host_key()
    }

    /// Answers every command that begins with these words; later rules go before earlier ones.
    pub fn on(&self, words: &[&str], answer: Answer) {
        lock(&self.state.rules).always(rules::begins_with(words), answer);
    }

    /// Answers the next command that begins with these words, before the rules for every one.
    pub fn once(&self, words: &[&str], answer: Answer) {
        lock(&self.state.rules).once(rules::begins_with(words), answer);
    }

    /// Answers a script of [`Command::script`](crate::Command::script).
    pub fn on_script(&self, text: &'static str, answer: Answer) {
        lock(&self.state.rules).always(rules::is_script(text), answer);
    }

    /// Answers whatever this function answers.
    pub fn on_call(&self, rule: impl Fn(&Call) -> Option<Answer> + Send + Sync + 'static) {
        lock(&self.state.rules).computed(Arc::new(rule));
    }

    /// Puts a file, of mode 0644 and root's.
    pub fn put(&self, path: &str, content: impl Into<Vec<u8>>) {
        lock(&self.state.files).put(path, content.into());
    }

    /// A file, if there is one.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<FakeFile> {
        lock(&self.state.files).file(path).cloned()
    }

    /// Paths of all files, in order.
    #[must_use]
    pub fn paths(&self) -> Vec<String> {
        lock(&self.state.files).paths()
    }

    /// Ends the command of a unit that hangs.
    pub fn finish_unit(&self, name: &str, status: ExitStatus, stdout: &str) {
        lock(&self.state.units).finish(name, status, stdout);
    }

    /// Names of the units that are there, in order.
    #[must_use]
    pub fn units(&self) -> Vec<String> {
        lock(&self.state.units).names()
    }

    /// Forgets all units, as a restart does.
    pub fn restart(&self) {
        lock(&self.state.units).clear();
        self.drop_connections();
    }

    /// Everything that was run, in order; reading, writing and removing files is left out.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        lock(&self.state.calls).clone()
    }

    /// Everything that was run and had no answer.
    #[must_use]
    pub fn unscripted(&self) -> Vec<Call> {
        self.calls().into_iter().filter(|call| !call.scripted).collect()
    }

    /// Connects tunnels for this address to another one; all others are refused.
    pub fn forward(&self, address: &str, port: u16, to: SocketAddr) {
        lock(&self.state.forwards).push((address.to_owned(), port, to));
    }

    /// Refuses the next channels.
    pub fn refuse_channels(&self, count: usize) {
        *lock(&self.state.refusals) = count;
    }

    /// Most commands that were under way at once.
    #[must_use]
    pub fn most_at_once(&self) -> usize {
        lock(&self.state.running).1
    }

    /// How many connections were made.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.server.connections()
    }

    /// Cuts all connections, without a word.
    pub fn drop_connections(&self) {
        self.server.cut();
    }

    /// Cuts all connections and takes no new ones, until [`FakeHost::appear`].
    pub fn vanish(&self) {
        self.server.vanish();
    }

    /// Takes connections again.
    pub fn appear(&self) {
        self.server.appear();
    }
}
