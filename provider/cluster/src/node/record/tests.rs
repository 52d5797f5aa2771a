//! The record, written, read and continued.

use super::*;

fn sysctl(before: &str, after: &str) -> Change {
    let key = SysctlKey::new("net.ipv4.ip_forward");
    Change::Sysctl { key, before: before.to_owned(), after: after.to_owned() }
}

#[test]
fn the_first_look_is_kept() {
    let mut record = Record::default();
    record.add(Scope::Node, sysctl("0", "1"));
    record.add(Scope::Node, sysctl("5", "2"));
    assert_eq!(record.entries.len(), 1);
    assert_eq!(record.change("sysctl:net.ipv4.ip_forward"), Some(&sysctl("0", "2")));
}

#[test]
fn a_record_reads_back() {
    let mut record = Record::default();
    record.add(Scope::Node, sysctl("0", "1"));
    let before = Some(ManagedFile::public("x"));
    record.add(
        Scope::Membership,
        Change::File { path: "/a".to_owned(), before, after: None, made_from: None },
    );
    record.membership =
        Some(MembershipMark { cluster_id: "c".to_owned(), ..MembershipMark::default() });
    assert_eq!(Record::parse(&record.render()).unwrap(), record);
}

#[test]
fn the_committed_form_still_reads() {
    let text = include_str!("../../../tests/data/record-v1.json");
    let record = Record::parse(text).unwrap();
    assert_eq!(record.render(), text);
}

#[test]
fn newer_and_damaged_records_are_told_apart() {
    assert!(matches!(Record::parse("{\"version\":2,\"odd\":1}"), Err(RecordError::Newer(2))));
    assert!(matches!(Record::parse("{\"version\":1}"), Err(RecordError::Damaged(_))));
    assert!(matches!(Record::parse(""), Err(RecordError::Damaged(_))));
}
