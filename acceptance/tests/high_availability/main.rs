//! Control planes of several members, behind a load balancer.
//!
//! Each test is a story on hosts of its own; a story's steps read top to bottom. The stories run one
//! after the other (`--test-threads=1`): two cores carry one cluster at a time.

mod at_once;
mod come_and_go;
mod etcd_servers;
mod external_etcd;
mod rebuilt;
mod record;
mod stream;
mod three_members;
mod watch;
