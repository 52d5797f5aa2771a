//! Control planes of several members.

mod adopted;
mod at_once;
mod etcd_servers;
mod external_etcd;
mod long;
mod rebuilt;
mod record;
mod stream;
mod three_members;
mod virtual_address;
mod watch;
