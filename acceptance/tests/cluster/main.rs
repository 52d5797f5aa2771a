//! Real hosts, real kubeadm, real OpenTofu and Terraform.
//!
//! Each test is a story on hosts of its own names; a story's steps read top to bottom. Two run side by
//! side (`--test-threads=2`) as long as the machine carries the hosts of both.

mod access;
mod certificates;
mod drain;
mod drift;
mod etcd;
mod interrupt;
mod leaving;
mod lifecycle;
mod network;
mod registration;
mod runtime;
mod secrets;
mod silence;
mod site;
mod terraform;
mod untouched;
mod workload;
