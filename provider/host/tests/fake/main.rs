//! Hosts, against the fake: what this crate promises whatever the other side does.

mod commands;
mod connections;
mod units;

use host::fake::FakeHost;
use host::{Host, Pool, Profile, Target};

fn host(fake: &FakeHost) -> Host {
    Pool::new().host(&fake.target())
}

fn with_profile(fake: &FakeHost, change: impl FnOnce(&mut Profile)) -> Target {
    let mut target = fake.target();
    change(&mut target.profile);
    target
}
