//! Known hosts: the same files, the same verdicts as the real `ssh`.

use crate::keys::{KeyPair, keygen};
use crate::sshd::{Options, Sshd};
use host::fake::FakeHost;
use host::{Endpoint, HostError, HostKeyMode, Jump, Pool, Target};
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

const NAME: &str = "cp1.lab";

/// A host with keys of three kinds; strangers are keys that it does not have.
struct Setting {
    sshd: Sshd,
    jump: FakeHost,
    authority: KeyPair,
    stranger: KeyPair,
    stranger_rsa: KeyPair,
    _directory: TempDir,
}

impl Setting {
    /// A host that shows a certificate made with these options, or none.
    async fn new(certificate: Option<&[&str]>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let authority = KeyPair::new(directory.path(), "authority", "ed25519");
        let host_keys = vec!["ed25519", "ecdsa", "rsa"];
        let sshd = Sshd::prepared(Options { host_keys, ..Options::default() }, |keys| {
            let Some(options) = certificate else { return String::new() };
            let signed =
                |key| format!("HostCertificate {}\n", authority.sign(key, options).display());
            keys.iter().map(signed).collect()
        });
        let stranger = KeyPair::new(directory.path(), "stranger", "ed25519");
        let stranger_rsa = KeyPair::new(directory.path(), "stranger_rsa", "rsa");
        Self {
            sshd,
            jump: FakeHost::start().await,
            authority,
            stranger,
            stranger_rsa,
            _directory: directory,
        }
    }

    fn line(&self, index: usize) -> String {
        self.sshd.host_keys[index].line()
    }

    /// What the real `ssh` decides. It talks to an sshd of its own through a pipe, so that the
    /// host may have any name and port.
    fn ssh(&self, name: &str, port: u16, text: &str, policy: &str) -> bool {
        let file = self.sshd.path().join(format!("known-{policy}"));
        fs::write(&file, text).unwrap();
        let proxy = format!(
            "ProxyCommand=/usr/sbin/sshd -i -E /dev/null -f {}",
            self.sshd.config().display()
        );
        let options = [
            proxy,
            format!("UserKnownHostsFile={}", file.display()),
            format!("StrictHostKeyChecking={policy}"),
            "GlobalKnownHostsFile=/dev/null".to_owned(),
            "BatchMode=yes".to_owned(),
            "UpdateHostKeys=no".to_owned(),
            // The verdict comes before the login, which would take time.
            "PreferredAuthentications=none".to_owned(),
        ];
        let mut command = Command::new("ssh");
        command.args(["-F", "/dev/null", "-p", &port.to_string()]);
        command.args(options.iter().flat_map(|option| ["-o", option]));
        let output = command.arg(format!("root@{name}")).arg("true").output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let accepted = said.contains("Permission denied");
        assert!(accepted || said.contains("erification failed"), "ssh failed otherwise: {said}");
        accepted
    }

    /// What we decide.
    async fn ours(&self, name: &str, port: u16, file: &Path, mode: HostKeyMode) -> bool {
        self.jump.forward(&name.to_lowercase(), port, ([127, 0, 0, 1], self.sshd.port).into());
        self.jump.forward(name, port, ([127, 0, 0, 1], self.sshd.port).into());
        let mut profile = self.sshd.profile();
        profile.host_keys.known_hosts_files = vec![file.to_owned()];
        profile.host_keys.mode = mode;
        profile.jump = Some(Box::new(Jump {
            endpoint: Endpoint::new("127.0.0.1", self.jump.address().port()),
            user: "root".to_owned(),
            credentials: self.jump.profile().credentials,
            host_key: Some(self.jump.host_key()),
        }));
        let host = Pool::new().host(&Target::new(name, profile).port(port));
        match host.connect().await {
            Ok(()) => true,
            Err(HostError::HostKey { .. }) => false,
            Err(other) => panic!("{other}"),
        }
    }

    /// Compares the verdicts on a file, strict and accepting new hosts.
    async fn compare(&self, case: &str, name: &str, port: u16, text: &str) -> [bool; 2] {
        let file = self.sshd.known_hosts(text);
        let mut verdicts = [false; 2];
        let modes = [("yes", HostKeyMode::Strict), ("accept-new", HostKeyMode::AcceptNew)];
        for ((policy, mode), verdict) in modes.into_iter().zip(&mut verdicts) {
            *verdict = self.ssh(name, port, text, policy);
            let ours = self.ours(name, port, &file, mode).await;
            assert_eq!(ours, *verdict, "{case}, {policy}: ssh {verdict}, we {ours}, for\n{text}");
        }
        verdicts
    }
}

const REFUSED: [bool; 2] = [false, false];
const ACCEPTED: [bool; 2] = [true, true];
const NEW: [bool; 2] = [false, true];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plain_keys() {
    let setting = Setting::new(None).await;
    let (ed25519, ecdsa, rsa) = (setting.line(0), setting.line(1), setting.line(2));
    let (stranger, stranger_rsa) = (setting.stranger.line(), setting.stranger_rsa.line());
    for (case, text, expected) in [
        ("an empty file", String::new(), NEW),
        ("its key", format!("{NAME} {ed25519}\n"), ACCEPTED),
        ("another kind of its keys", format!("{NAME} {rsa}\n"), ACCEPTED),
        ("another key", format!("{NAME} {stranger}\n"), REFUSED),
        ("another key of a kind it would not show", format!("{NAME} {stranger_rsa}\n"), REFUSED),
        ("two keys of a kind", format!("{NAME} {stranger}\n{NAME} {ed25519}\n"), ACCEPTED),
        ("two kinds, one wrong", format!("{NAME} {stranger}\n{NAME} {ecdsa}\n"), REFUSED),
        ("another host's line", format!("cp2.lab {stranger}\n"), NEW),
        ("a comment", format!("# {NAME} {stranger}\n"), NEW),
        (
            "tabs and a comment at the end",
            format!("{NAME}\t{}\tx # y\n", ed25519.replace(' ', "\t")),
            ACCEPTED,
        ),
        ("blanks at the start", format!(" \t{NAME} {ed25519}\n"), ACCEPTED),
        ("carriage returns", format!("{NAME} {stranger}\r\n{NAME} {ed25519}\r\n"), ACCEPTED),
        ("no end of line", format!("{NAME} {ed25519}"), ACCEPTED),
        (
            "a broken line before",
            format!("{NAME} ssh-ed25519 AAAA\n{NAME}\n{NAME} {ed25519}\n"),
            ACCEPTED,
        ),
        (
            "a kind that is not the key's",
            format!("{NAME} {}\n", ed25519.replacen("ed25519", "rsa", 1)),
            NEW,
        ),
    ] {
        assert_eq!(setting.compare(case, NAME, 22, &text).await, expected, "{case}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_patterns_and_ports() {
    let setting = Setting::new(None).await;
    let (key, stranger) = (setting.line(0), setting.stranger.line());
    for (case, port, text, expected) in [
        ("a pattern", 22, format!("*.lab {key}\n"), ACCEPTED),
        ("a pattern with one letter", 22, format!("cp?.lab {key}\n"), ACCEPTED),
        ("capitals", 22, format!("CP1.LAB {key}\n"), ACCEPTED),
        ("a list", 22, format!("a,b,{NAME} {key}\n"), ACCEPTED),
        ("a negation after", 22, format!("*.lab,!{NAME} {key}\n"), NEW),
        ("a negation before", 22, format!("!{NAME},*.lab {key}\n"), NEW),
        ("a negation of others", 22, format!("!cp2.lab,*.lab {key}\n"), ACCEPTED),
        ("a name with SSH's port in brackets", 22, format!("[{NAME}]:22 {key}\n"), NEW),
        ("a name with its port", 2222, format!("[{NAME}]:2222 {key}\n"), ACCEPTED),
        ("a pattern with its port", 2222, format!("[*.lab]:2222 {key}\n"), ACCEPTED),
        ("a pattern of all", 2222, format!("* {key}\n"), ACCEPTED),
        ("another port", 2222, format!("[{NAME}]:2200 {key}\n"), NEW),
        ("the bare name on a port", 2222, format!("{NAME} {key}\n"), ACCEPTED),
        ("another key of the bare name on a port", 2222, format!("{NAME} {stranger}\n"), NEW),
        (
            "another key on the port",
            2222,
            format!("[{NAME}]:2222 {stranger}\n{NAME} {key}\n"),
            REFUSED,
        ),
    ] {
        assert_eq!(setting.compare(case, NAME, port, &text).await, expected, "{case}");
    }
    let text = format!("{NAME} {key}\n");
    assert_eq!(setting.compare("a name in capitals", "CP1.Lab", 22, &text).await, ACCEPTED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hashed_names() {
    let setting = Setting::new(None).await;
    let (key, stranger) = (setting.line(0), setting.stranger.line());
    let hashed = |text: String| {
        let file = setting.sshd.known_hosts(&text);
        keygen(&["-q", "-H", "-f", file.to_str().unwrap()]);
        fs::read_to_string(file).unwrap()
    };
    for (case, port, text, expected) in [
        ("its name", 22, hashed(format!("{NAME} {key}\n")), ACCEPTED),
        ("its name and port", 2222, hashed(format!("[{NAME}]:2222 {key}\n")), ACCEPTED),
        ("another key", 22, hashed(format!("{NAME} {stranger}\n")), REFUSED),
        ("another name", 22, hashed(format!("cp2.lab {key}\n")), NEW),
        (
            "revoked",
            22,
            format!("@revoked {}{NAME} {key}\n", hashed(format!("{NAME} {key}\n"))),
            REFUSED,
        ),
        ("broken", 22, format!("|1|AAAA|BBBB {stranger}\n|1|x {stranger}\n| {stranger}\n"), NEW),
    ] {
        assert!(!text.is_empty());
        assert_eq!(setting.compare(case, NAME, port, &text).await, expected, "{case}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn revoked_keys() {
    let setting = Setting::new(None).await;
    let (ed25519, rsa, stranger) = (setting.line(0), setting.line(2), setting.stranger.line());
    for (case, text, expected) in [
        ("before", format!("@revoked {NAME} {ed25519}\n{NAME} {ed25519}\n"), REFUSED),
        ("after", format!("{NAME} {ed25519}\n@revoked * {ed25519}\n"), REFUSED),
        ("alone", format!("@revoked {NAME} {ed25519}\n"), REFUSED),
        ("of another host", format!("@revoked cp2.lab {ed25519}\n{NAME} {ed25519}\n"), ACCEPTED),
        ("another key", format!("@revoked {NAME} {stranger}\n{NAME} {ed25519}\n"), ACCEPTED),
        ("another kind", format!("@revoked {NAME} {ed25519}\n{NAME} {rsa}\n"), ACCEPTED),
        (
            "two markers",
            format!("@revoked @revoked {NAME} {ed25519}\n{NAME} {ed25519}\n"),
            ACCEPTED,
        ),
        ("an unknown marker", format!("@other {NAME} {ed25519}\n"), NEW),
    ] {
        assert_eq!(setting.compare(case, NAME, 22, &text).await, expected, "{case}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates() {
    let setting = Setting::new(Some(&["-h", "-n", NAME])).await;
    let (authority, key) = (setting.authority.line(), setting.line(0));
    let stranger = setting.stranger.line();
    for (case, port, text, expected) in [
        ("its authority", 22, format!("@cert-authority *.lab {authority}\n"), ACCEPTED),
        (
            "its authority on a port",
            2222,
            format!("@cert-authority [*.lab]:2222 {authority}\n"),
            ACCEPTED,
        ),
        (
            "its authority for the bare name",
            2222,
            format!("@cert-authority {NAME} {authority}\n"),
            ACCEPTED,
        ),
        ("another authority", 22, format!("@cert-authority * {stranger}\n"), NEW),
        ("another host's authority", 22, format!("@cert-authority cp2.lab {authority}\n"), NEW),
        ("an authority that is no authority", 22, format!("{NAME} {authority}\n"), REFUSED),
        ("its key is known", 22, format!("{NAME} {key}\n"), ACCEPTED),
        (
            "its key, and another authority",
            22,
            format!("@cert-authority * {stranger}\n{NAME} {key}\n"),
            ACCEPTED,
        ),
        (
            "its authority, and another key",
            22,
            format!("@cert-authority * {authority}\n{NAME} {stranger}\n"),
            ACCEPTED,
        ),
        (
            "a revoked authority",
            22,
            format!("@cert-authority * {authority}\n@revoked * {authority}\n"),
            REFUSED,
        ),
        (
            "a revoked key",
            22,
            format!("@cert-authority * {authority}\n@revoked * {key}\n"),
            REFUSED,
        ),
    ] {
        assert_eq!(setting.compare(case, NAME, port, &text).await, expected, "{case}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_that_are_not_good() {
    for options in [
        &["-h", "-n", "cp2.lab"][..],
        &["-h", "-n", NAME, "-V", "-2d:-1d"],
        &["-h", "-n", NAME, "-V", "+1d:+2d"],
        &["-h", "-n", "*.lab"],
    ] {
        let setting = Setting::new(Some(options)).await;
        let (authority, key) = (setting.authority.line(), setting.line(0));
        let case = options.join(" ");
        let strict = |text: String| {
            let file = setting.sshd.known_hosts(&text);
            let ssh = setting.ssh(NAME, 22, &text, "yes");
            (file, ssh)
        };
        // Where new hosts are accepted, ssh takes the key in the certificate; we do not.
        let (file, ssh) = strict(format!("@cert-authority * {authority}\n"));
        let ours = setting.ours(NAME, 22, &file, HostKeyMode::Strict).await;
        assert_eq!((ssh, ours), (false, false), "{case}");
        let text = format!("@cert-authority * {authority}\n{NAME} {key}\n");
        assert_eq!(setting.compare(&case, NAME, 22, &text).await, ACCEPTED, "{case}");
    }
    let any = Setting::new(Some(&["-h"])).await;
    let text = format!("@cert-authority * {}\n", any.authority.line());
    assert_eq!(any.compare("without principals", NAME, 22, &text).await, ACCEPTED);
}
