//! A real sshd.

use crate::keys::KeyPair;
use host::{Agent, Credentials, HostKeyMode, HostKeyPolicy, Profile, Sudo, Target};
use std::fmt::Write as _;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const PROGRAM: &str = "/usr/sbin/sshd";
/// The ordinary user of the server, and the password of that user.
pub(crate) const USER: &str = "tester";
pub(crate) const PASSWORD: &str = "correct horse";
/// `PASSWORD`, hashed for the shadow file.
const PASSWORD_HASH: &str = "$6$terraform$vCwXbJ8IKY5lK7QK3N3QvdDxQvJS6oARnhaPsi6EMqAOUADU81IyvJoz0x6gUxZhIM/fICly9h93AZzK9buVs/";

/// What the server is like.
#[derive(Default)]
pub(crate) struct Options {
    /// Further lines of its configuration.
    pub(crate) config: String,
    /// The sudoers file.
    pub(crate) sudoers: String,
    /// Kinds of its host keys; ed25519 alone where there are none.
    pub(crate) host_keys: Vec<&'static str>,
    /// Its port; a free one where there is none.
    pub(crate) port: Option<u16>,
}

/// A running sshd. It is ended when this is dropped.
pub(crate) struct Sshd {
    pub(crate) directory: TempDir,
    pub(crate) port: u16,
    pub(crate) host_keys: Vec<KeyPair>,
    /// A key that both root and the ordinary user accept.
    pub(crate) user_key: KeyPair,
    child: Child,
}

impl Sshd {
    /// A server without further wishes.
    pub(crate) fn start() -> Self {
        Self::with(Options::default())
    }

    /// A server with these options.
    pub(crate) fn with(options: Options) -> Self {
        Self::prepared(options, |_| String::new())
    }

    /// A server, with new keys, on a port that another one had.
    pub(crate) fn on_port(port: u16) -> Self {
        let options = Options { port: Some(port), ..Options::default() };
        Self::with(options)
    }

    /// A server whose configuration is completed once its host keys are there.
    pub(crate) fn prepared(
        mut options: Options,
        complete: impl FnOnce(&[KeyPair]) -> String,
    ) -> Self {
        require();
        let directory = tempfile::Builder::new().prefix("sshd-").tempdir().unwrap();
        let path = directory.path().to_owned();
        let host_keys = host_keys(&path, &options.host_keys);
        let user_key = KeyPair::new(&path, "user", "ed25519");
        fs::copy(&user_key.public, path.join("authorized_keys")).unwrap();
        options.config += &complete(&host_keys);
        let port = options.port.unwrap_or_else(free_port);
        write_files(&path, port, &host_keys, &options);
        let child = spawn(&path);
        let mut sshd = Self { directory, port, host_keys, user_key, child };
        sshd.wait_until_ready();
        sshd
    }

    /// Where its files are.
    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Its configuration.
    pub(crate) fn config(&self) -> PathBuf {
        self.path().join("sshd_config")
    }

    /// Accepts one more public key.
    pub(crate) fn authorize(&self, key: &KeyPair) {
        let path = self.path().join("authorized_keys");
        let text = fs::read_to_string(&path).unwrap() + &fs::read_to_string(&key.public).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A file of known hosts.
    pub(crate) fn known_hosts(&self, text: &str) -> PathBuf {
        let path = self.path().join("known_hosts");
        fs::write(&path, text).unwrap();
        path
    }

    /// How to log in as root, with the host key pinned.
    pub(crate) fn target(&self) -> Target {
        self.target_with(|_| {})
    }

    /// How to log in as root with a changed profile, with the host key pinned.
    pub(crate) fn target_with(&self, change: impl FnOnce(&mut Profile)) -> Target {
        let mut profile = self.profile();
        change(&mut profile);
        Target::new("127.0.0.1", profile).port(self.port).host_key(self.host_keys[0].line())
    }

    /// How to log in as root, by key.
    pub(crate) fn profile(&self) -> Profile {
        let private_key_file = Some(self.user_key.private.clone());
        Profile {
            credentials: Credentials {
                private_key_file,
                agent: Agent::Never,
                ..Credentials::default()
            },
            host_keys: HostKeyPolicy {
                mode: HostKeyMode::Strict,
                known_hosts_files: vec![self.path().join("known_hosts")],
                authorities: Vec::new(),
            },
            sudo: Sudo::Passwordless,
            connect_retry: Duration::ZERO,
            ..Profile::default()
        }
    }

    /// Processes that serve connections, or that those have started, by name.
    pub(crate) fn processes(&self, name: &str) -> Vec<String> {
        let mut known = vec![self.child.id().to_string()];
        let mut found = Vec::new();
        while let Some(parent) = known.pop() {
            let path = format!("/proc/{parent}/task/{parent}/children");
            let children = fs::read_to_string(path).unwrap_or_default();
            for child in children.split_ascii_whitespace().map(str::to_owned) {
                let command = fs::read_to_string(format!("/proc/{child}/comm")).unwrap_or_default();
                if command.trim() == name {
                    found.push(child.clone());
                }
                known.push(child);
            }
        }
        found
    }

    /// Sends a signal to all processes that serve connections.
    pub(crate) fn signal_sessions(&self, signal: &str) {
        for process in self.processes("sshd") {
            // One may end because another did.
            let _ = Command::new("kill").arg(signal).arg(process).output();
        }
    }

    fn log(&self) -> String {
        let read = |name| fs::read_to_string(self.path().join(name)).unwrap_or_default();
        read("log") + &read("stderr")
    }

    fn wait_until_ready(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none() && Instant::now() < deadline, "sshd: {}", self.log());
            std::thread::yield_now();
        }
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        // It may have ended by itself, which its test has noticed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What these tests cannot do without.
fn require() {
    for (program, package) in [
        (PROGRAM, "openssh-server"),
        ("/usr/bin/ssh", "openssh-client"),
        ("/usr/bin/sudo", "sudo"),
        ("/usr/bin/unshare", "util-linux"),
    ] {
        assert!(Path::new(program).exists(), "{program} is missing: apt-get install {package}");
    }
    let user = Command::new("id").arg("-u").output().unwrap().stdout;
    assert!(user == b"0\n", "these tests lay users over the machine's own, which takes root");
    // sshd insists on this directory, which its own service would make.
    fs::create_dir_all("/run/sshd").unwrap();
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn host_keys(path: &Path, kinds: &[&str]) -> Vec<KeyPair> {
    let kinds = if kinds.is_empty() { &["ed25519"] } else { kinds };
    kinds.iter().map(|kind| KeyPair::new(path, &format!("host_{kind}"), kind)).collect()
}

fn write_files(path: &Path, port: u16, host_keys: &[KeyPair], options: &Options) {
    let mut config = format!(
        "Port {port}\nListenAddress 127.0.0.1\nPidFile none\nStrictModes no\nUsePAM no\n\
         PermitRootLogin yes\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
         AuthorizedKeysFile {0}/authorized_keys\nMaxStartups 200\n",
        path.display()
    );
    for key in host_keys {
        writeln!(config, "HostKey {}", key.private.display()).unwrap();
    }
    // The first value of an option counts.
    fs::write(path.join("sshd_config"), options.config.clone() + &config).unwrap();
    fs::write(path.join("sudoers"), &options.sudoers).unwrap();
    fs::write(path.join("passwd"), passwd(path)).unwrap();
    let shadow = fs::read_to_string("/etc/shadow").unwrap();
    let user = format!("{USER}:{PASSWORD_HASH}:20000:0:99999:7:::\n");
    fs::write(path.join("shadow"), shadow + &user).unwrap();
    open_directory(path);
}

/// The machine's users and one more. Root's own shell and its start files are left out, since they
/// may take longer than a command.
fn passwd(path: &Path) -> String {
    let home = path.display();
    let machine = fs::read_to_string("/etc/passwd").unwrap();
    let others: String = machine
        .lines()
        .filter(|line| !line.starts_with("root:"))
        .fold(String::new(), |all, line| all + line + "\n");
    format!("root:x:0:0::{home}:/bin/sh\n{others}{USER}:x:4242:4242::{home}:/bin/sh\n")
}

/// The ordinary user's home directory is the server's; the shadow file is for root alone.
fn open_directory(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    for (name, mode) in [(".", 0o755), ("shadow", 0o600), ("sudoers", 0o440)] {
        fs::set_permissions(path.join(name), fs::Permissions::from_mode(mode)).unwrap();
    }
}

/// Starts sshd in a mount namespace in which the files of users are the test's.
fn spawn(path: &Path) -> Child {
    let script = "set -e
        for name in passwd shadow sudoers; do mount --bind \"$1/$name\" \"/etc/$name\"; done
        exec \"$2\" -D -E \"$1/log\" -f \"$1/sshd_config\"";
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private", "sh", "-c", script, "sh"]);
    let stderr = fs::File::create(path.join("stderr")).unwrap();
    command.arg(path).arg(PROGRAM).stdin(Stdio::null()).stderr(stderr).spawn().unwrap()
}
