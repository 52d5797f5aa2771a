//! Real hosts, real kubeadm, real OpenTofu and Terraform.
//!
//! Each test is a story on hosts of its own names; a story's steps read top to bottom. The stories
//! run one after the other (`--test-threads=1`): two cores carry one cluster at a time.

mod drift;
mod interrupt;
mod leftovers;
mod lifecycle;
mod network;
mod secrets;
mod story;
mod terraform;
