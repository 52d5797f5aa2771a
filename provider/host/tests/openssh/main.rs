//! Hosts, against the real OpenSSH: what Debian's packages openssh-server and sudo do.
//!
//! Each test starts a server of its own on a free port of the loopback interface, with keys,
//! configuration, users and sudoers of its own (laid over the machine's in a mount namespace, so
//! that nothing of the machine is changed). That takes root.
#![expect(clippy::unwrap_used, reason = "a test fails where its assumptions do")]
#![expect(clippy::indexing_slicing, reason = "a test fails where its assumptions do")]
#![expect(clippy::panic, reason = "a test fails where its assumptions do")]

mod certificates;
mod commands;
mod jump;
mod keys;
mod known_hosts;
mod login;
mod sshd;
mod sudo;
