//! etcd's answers, as its JSON gateway writes them: numbers of 64 bits are texts, and what has its
//! default value is left out.

use super::model::{Alarm, EtcdMember, Health, MemberId, MemberStatus, Vote};
use serde::Deserialize;
use std::fmt;

/// An answer that is not etcd's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EtcdAnswerError(String);

impl fmt::Display for EtcdAnswerError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "etcd's answer makes no sense: {}", self.0)
    }
}

impl std::error::Error for EtcdAnswerError {}

#[derive(Deserialize)]
struct MemberList {
    #[serde(default)]
    members: Vec<ListedMember>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListedMember {
    #[serde(rename = "ID")]
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default, rename = "peerURLs")]
    peer_urls: Vec<String>,
    #[serde(default, rename = "clientURLs")]
    client_urls: Vec<String>,
    #[serde(default)]
    is_learner: bool,
}

#[derive(Deserialize)]
struct AlarmList {
    #[serde(default)]
    alarms: Vec<ListedAlarm>,
}

#[derive(Deserialize)]
struct ListedAlarm {
    #[serde(default, rename = "memberID")]
    member: String,
    #[serde(default)]
    alarm: String,
}

#[derive(Deserialize)]
struct Range {
    #[serde(default)]
    count: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    #[serde(default)]
    version: String,
    #[serde(default)]
    db_size: String,
    #[serde(default)]
    leader: String,
    #[serde(default)]
    raft_index: String,
    #[serde(default)]
    errors: Vec<String>,
}

/// Members out of the answer to `/v3/cluster/member/list`; how they are is not in it.
///
/// # Errors
/// When it is no such answer.
pub fn members(answer: &str) -> Result<Vec<EtcdMember>, EtcdAnswerError> {
    let list: MemberList = read(answer)?;
    let mut members =
        list.members.into_iter().map(ListedMember::read).collect::<Result<Vec<_>, _>>()?;
    members.sort_by_key(|member| member.id);
    Ok(members)
}

/// Alarms out of the answer to `/v3/maintenance/alarm`.
///
/// # Errors
/// When it is no such answer.
pub fn alarms(answer: &str) -> Result<Vec<Alarm>, EtcdAnswerError> {
    let list: AlarmList = read(answer)?;
    let alarm = |listed: ListedAlarm| {
        Ok(Alarm { member: MemberId(number(&listed.member)?), kind: listed.alarm })
    };
    list.alarms.into_iter().map(alarm).collect()
}

/// How many keys there are, out of the answer to `/v3/kv/range` with `count_only`.
///
/// # Errors
/// When it is no such answer.
pub fn key_count(answer: &str) -> Result<u64, EtcdAnswerError> {
    let range: Range = read(answer)?;
    number(&range.count)
}

/// What a member says of itself, out of the answer to `/v3/maintenance/status`.
///
/// # Errors
/// When it is no such answer.
pub fn status(answer: &str) -> Result<MemberStatus, EtcdAnswerError> {
    let status: Status = read(answer)?;
    let leader = number(&status.leader)?;
    Ok(MemberStatus {
        version: status.version,
        database_bytes: number(&status.db_size)?,
        leader: (leader != 0).then_some(MemberId(leader)),
        raft_index: number(&status.raft_index)?,
        errors: status.errors,
    })
}

impl ListedMember {
    fn read(self) -> Result<EtcdMember, EtcdAnswerError> {
        Ok(EtcdMember {
            id: MemberId(number(&self.id)?),
            name: Some(self.name).filter(|name| !name.is_empty()),
            peer_urls: self.peer_urls,
            client_urls: self.client_urls,
            vote: if self.is_learner { Vote::Learner } else { Vote::Voter },
            health: Health::Unhealthy("it was not asked".to_owned()),
            status: None,
        })
    }
}

fn read<'a, T: Deserialize<'a>>(answer: &'a str) -> Result<T, EtcdAnswerError> {
    serde_json::from_str(answer).map_err(|error| EtcdAnswerError(error.to_string()))
}

/// What is left out is zero.
fn number(text: &str) -> Result<u64, EtcdAnswerError> {
    if text.is_empty() {
        return Ok(0);
    }
    text.parse().map_err(|_| EtcdAnswerError(format!("{text:?} is no number")))
}
