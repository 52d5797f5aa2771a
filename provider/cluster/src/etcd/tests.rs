//! Quorum by tables, and every change that is allowed by properties.

use super::*;
use proptest::prelude::*;

/// A voter that serves: `a`; one that does not: `a!`; a learner: `a?`; one that was added and has
/// never started: `-a`, known by its address.
fn etcd(members: &[&str]) -> EtcdState {
    let member = |(index, text): (usize, &&str)| {
        let name = text.trim_matches(['!', '?', '-']);
        let unstarted = text.starts_with('-');
        EtcdMember {
            id: MemberId(index as u64 + 1),
            name: (!unstarted).then(|| name.to_owned()),
            peer_urls: vec![format!("https://{}:2380", address(name))],
            client_urls: Vec::new(),
            vote: if text.ends_with('?') { Vote::Learner } else { Vote::Voter },
            health: if unstarted || text.ends_with('!') {
                Health::Unhealthy("refused".to_owned())
            } else {
                Health::Healthy
            },
            status: Some(MemberStatus { leader: Some(MemberId(1)), ..MemberStatus::default() }),
        }
    };
    EtcdState { members: members.iter().enumerate().map(member).collect(), alarms: Vec::new() }
}

fn address(name: &str) -> String {
    format!("address-of-{name}")
}

fn code<T>(result: Result<T, crate::membership::Refusal>) -> &'static str {
    result.map_or_else(|refusal| refusal.code, |_| "")
}

#[test]
fn who_may_come() {
    for (members, wanted) in [
        (&["a"][..], ""),
        (&["a", "b"], ""),
        (&["a", "b", "c!"], "PF-ETCD-UNHEALTHY"),
        (&["a", "b!"], "PF-ETCD-LOST"),
        (&["a", "b!", "c!"], "PF-ETCD-LOST"),
        (&["a", "b", "c", "d!", "e!"], "PF-ETCD-UNHEALTHY"),
        (&["a", "b?"], "PF-ETCD-HALF-MADE"),
        (&["a", "b", "-c"], "PF-ETCD-HALF-MADE"),
        (&["a", "b", "-x"], ""),
        (&["a", "b", "x?"], ""),
        (&["a", "b", "x!"], ""),
        (&["a", "-x"], "PF-ETCD-LOST"),
        (&["a", "b", "c!", "x!"], "PF-ETCD-LOST"),
        (&["a", "b", "c", "d!", "x!"], "PF-ETCD-UNHEALTHY"),
    ] {
        assert_eq!(code(admit(&etcd(members), "x", &[address("x")])), wanted, "{members:?}");
    }
}

#[test]
fn what_is_odd_is_told() {
    for (members, wanted) in [
        (&["a"][..], &[][..]),
        (&["a", "b", "c!"], &[]),
        (&["a", "b"], &["PW-QUORUM"]),
        (&["a", "b", "c?"], &["PW-QUORUM"]),
        (&["a", "b", "a"], &["DR-ETCD-NAME"]),
        (&["a", "b", "-c"], &["DR-ETCD-NAME"]),
        (&["a", "a", "-c", "b"], &["DR-ETCD-NAME", "DR-ETCD-NAME", "PW-QUORUM"]),
        (&[], &[]),
    ] {
        let found = remarks(&etcd(members));
        let codes: Vec<_> = found.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, wanted, "{members:?}");
    }
}

#[test]
fn who_may_go() {
    for (members, host, wanted) in [
        (&["a"][..], "a", "PF-ETCD-QUORUM"),
        (&["a", "b"], "a", ""),
        (&["a", "b", "c!"], "c", ""),
        (&["a", "b", "c!"], "a", "PF-ETCD-QUORUM"),
        (&["a", "b!"], "b", "PF-ETCD-LOST"),
        (&["a", "b", "c"], "x", ""),
        (&["a!", "b!", "c"], "x", ""),
        (&["a", "b", "c?"], "a", "PF-ETCD-HALF-MADE"),
        (&["a", "b", "c?"], "c", ""),
        (&["a", "b", "c", "d!", "e!"], "d", ""),
        (&["a", "b", "c", "d!", "e!"], "a", "PF-ETCD-QUORUM"),
    ] {
        assert_eq!(
            code(dismiss(&etcd(members), host, &[address(host)])),
            wanted,
            "{members:?} {host}"
        );
    }
}

#[test]
fn who_may_restart() {
    for (members, host, wanted) in [
        (&["a"][..], "a", ""),
        (&["a", "b"], "a", ""),
        (&["a", "b", "c"], "a", ""),
        (&["a", "b", "c!"], "a", "PF-ETCD-QUORUM"),
        (&["a", "b", "c!"], "c", ""),
        (&["a", "b!"], "a", "PF-ETCD-QUORUM"),
        (&["a", "b", "c", "d", "e!"], "a", ""),
        (&["a", "b", "c", "d!", "e!"], "a", "PF-ETCD-QUORUM"),
        (&["a!", "b!", "c"], "a", ""),
        (&["a", "b", "c"], "x", ""),
    ] {
        let found = code(restart(&etcd(members), host, &[address(host)]));
        assert_eq!(found, wanted, "{members:?} {host}");
    }
}

#[test]
fn an_alarm_stops_every_change() {
    let mut alarmed = etcd(&["a", "b", "c"]);
    alarmed.alarms.push(Alarm { member: MemberId(2), kind: "NOSPACE".to_owned() });
    assert_eq!(code(admit(&alarmed, "x", &[])), "PF-ETCD-ALARM");
    assert_eq!(code(dismiss(&alarmed, "a", &[])), "PF-ETCD-ALARM");
}

#[test]
fn leadership_goes_to_one_who_serves() {
    let of = |members: &[&str], host: &str| dismiss(&etcd(members), host, &[]).unwrap().successor;
    assert_eq!(of(&["a", "b!", "c", "d", "e"], "a"), Some(MemberId(3)));
    assert_eq!(of(&["a", "b", "c"], "b"), None);
}

#[test]
fn a_refusal_names_who_does_not_serve_and_what_to_do() {
    let refusal = dismiss(&etcd(&["a", "b", "c!"]), "a", &[]).unwrap_err();
    assert_eq!(
        refusal.text,
        "etcd would lose its quorum when a leaves: 1 of 2 voters would serve, and 2 must; not serving now: c (3)"
    );
    assert!(refusal.advice.starts_with("etcd was left as it is; bring the members back"));
    let refusal = admit(&etcd(&["a", "b", "c!"]), "x", &[]).unwrap_err();
    assert_eq!(refusal.text, "etcd takes no new member while a voter does not serve: c (3)");
    assert!(refusal.advice.starts_with("x was not joined, and etcd was left as it is; bring"));
}

#[test]
fn answers_are_read_with_all_their_bits() {
    let list = r#"{"header":{},"members":[
        {"ID":"10501334649042878790","name":"cp1","peerURLs":["https://10.0.0.1:2380"],"clientURLs":["https://10.0.0.1:2379"]},
        {"ID":"3","peerURLs":["https://[fd00::2]:2380"],"isLearner":true}]}"#;
    let members = members(list).unwrap();
    assert_eq!(members[1].id, MemberId(10_501_334_649_042_878_790));
    assert_eq!((members[0].vote, members[0].name.as_deref()), (Vote::Learner, None));
    let state = EtcdState { members, alarms: Vec::new() };
    assert_eq!(state.of_host("cp2", &["fd00::2".to_owned()]).count(), 1);
    assert_eq!(state.of_host("cp1", &[]).count(), 1);
    let status = status(r#"{"version":"3.6.0","dbSize":"20480","leader":"7","raftIndex":"12"}"#);
    let status = status.unwrap();
    assert_eq!((status.leader, status.database_bytes), (Some(MemberId(7)), 20480));
    let alarms = alarms(r#"{"alarms":[{"memberID":"7","alarm":"NOSPACE"}]}"#).unwrap();
    assert_eq!(alarms, [Alarm { member: MemberId(7), kind: "NOSPACE".to_owned() }]);
    assert!(super::json::alarms("{}").unwrap().is_empty());
    assert!(super::json::members(r#"{"members":[{"ID":"-"}]}"#).is_err());
}

fn any_etcd() -> impl Strategy<Value = EtcdState> {
    let kinds = proptest::collection::vec(proptest::sample::select(&["", "!", "?", "-"][..]), 1..8);
    kinds.prop_map(|kinds| {
        let text = |(index, kind): (usize, &&str)| match *kind {
            "-" => format!("-h{index}"),
            suffix => format!("h{index}{suffix}"),
        };
        let texts: Vec<String> = kinds.iter().enumerate().map(text).collect();
        etcd(&texts.iter().map(String::as_str).collect::<Vec<_>>())
    })
}

/// Whether etcd serves, told from nothing but who votes and who answers.
fn serves(members: &[EtcdMember]) -> bool {
    let voters = members.iter().filter(|member| member.vote == Vote::Voter);
    let (healthy, all) = voters
        .fold((0, 0), |(healthy, all), member| (healthy + i32::from(member.is_healthy()), all + 1));
    healthy * 2 > all
}

proptest! {
    /// Whoever comes or goes, etcd serves before, between and after, and nobody else is removed.
    #[test]
    fn no_change_takes_the_quorum(etcd in any_etcd(), host in 0_usize..8, comes in any::<bool>()) {
        let name = format!("h{host}");
        let addresses = [address(&name)];
        let removed = if comes {
            admit(&etcd, &name, &addresses).map(|admission| admission.leftovers)
        } else {
            dismiss(&etcd, &name, &addresses).map(|dismissal| dismissal.members)
        };
        let Ok(removed) = removed else { return Ok(()) };
        let own: Vec<_> = etcd.of_host(&name, &addresses).map(|member| member.id).collect();
        prop_assert_eq!(&removed, &own);
        if removed.is_empty() && !comes {
            return Ok(());
        }
        prop_assert!(serves(&etcd.members));
        let mut members = etcd.members;
        for id in removed {
            members.retain(|member| member.id != id);
            prop_assert!(serves(&members));
        }
        if comes {
            let mut next = super::tests::etcd(&["x"]).members.remove(0);
            next.id = MemberId(99);
            members.push(next);
            prop_assert!(serves(&members));
        }
    }
}
