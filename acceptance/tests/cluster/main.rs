//! Real hosts, real kubeadm, real OpenTofu and Terraform.
//!
//! Each test is a story on hosts of its own names; a story's steps read top to bottom. The stories
//! run one after the other (`--test-threads=1`): two cores carry one cluster at a time.

mod access;
mod drain;
mod drift;
mod etcd;
mod interrupt;
mod leaving;
mod lifecycle;
mod network;
mod registration;
mod secrets;
mod silence;
mod site;
mod terraform;
mod untouched;
mod workload;
