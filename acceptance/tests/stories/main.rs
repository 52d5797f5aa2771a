//! Stories: real hosts, real kubeadm, real OpenTofu and Terraform.
//!
//! Each test is a story on hosts of its own; a story's steps read top to bottom. Two run side by side
//! (`--test-threads=2`) as long as the machine carries the hosts of both. What is in a module `long` is
//! told by `make test-long`.

mod cluster;
mod failures;
mod faults;
mod high_availability;
mod routes;
