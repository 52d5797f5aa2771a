//! The cluster's etcd: its members, and what a change of them does to its quorum.
//!
//! Facts of etcd 3.5 and 3.6: a member that was added and never started has no name; a learner has
//! no vote; one learner at a time; with `strict-reconfig-check` etcd itself refuses to add a voter
//! while not enough members are connected.

mod change;
mod json;
mod model;
mod remarks;
mod sight;
#[cfg(test)]
mod tests;

pub use change::{Admission, Dismissal, admit, dismiss, restart};
pub use json::{EtcdAnswerError, alarms, key_count, members, status};
pub use model::{Alarm, EtcdMember, EtcdState, Health, MemberId, MemberStatus, Vote};
pub use remarks::remarks;
pub use sight::Sight;
