//! Control planes of several members, behind a load balancer.
//!
//! Each test is a story on hosts of its own; a story's steps read top to bottom. Two run side by side
//! (`--test-threads=2`) as long as the machine carries the hosts of both. What is in `long` is told by
//! `make test-long`.

mod adopted;
mod at_once;
mod etcd_servers;
mod external_etcd;
mod long;
mod rebuilt;
mod record;
mod running;
mod stream;
mod three_members;
mod virtual_address;
mod watch;
