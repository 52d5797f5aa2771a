//! One cluster from its first apply to its end, and all that may come between.

mod access;
mod certificates;
mod drain;
mod drift;
mod etcd;
mod interrupt;
mod leaving;
mod lifecycle;
pub(crate) mod network;
mod registration;
mod runtime;
mod secrets;
mod silence;
mod site;
mod terraform;
mod untouched;
mod workload;
