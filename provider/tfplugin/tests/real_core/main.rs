//! The probe provider under real cores: what no simulation can show.
//!
//! `KUBEADM_TEST_CORES` lists the programs to test with, separated as in `PATH`; by default it is
//! `terraform` on the `PATH`. That none is found is a failure.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test and its tools fail by panicking"
)]

mod changes;
mod core;
mod failures;
mod mocks;
mod process;
mod secrets;
mod versions;
