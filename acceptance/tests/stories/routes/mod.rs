//! Routes between hosts, and what lets packets pass.

mod keepers;
mod networks;
mod two_networks;
