//! Preparing and releasing hosts, against a machine in memory.

mod support;

use cluster::node::{Change, MembershipMark, Record, SwapPolicy};
use host::fake::Answer;
use host::{Command, ExitStatus, Pool, UNFINISHED};
use operate::membership::Departed;
use operate::{ErrorKind, OperateError};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use support::Bench;
use tokio_util::sync::CancellationToken;

fn record(bench: &Bench) -> Option<Record> {
    Record::parse(&bench.fake.file(Record::PATH)?.text()).ok()
}

fn go() -> CancellationToken {
    CancellationToken::new()
}

fn notes(error: &OperateError) -> String {
    error.details.notes.join("\n")
}

#[tokio::test]
async fn a_host_is_prepared_once_and_released_to_what_it_was() {
    let bench = Bench::fresh().await;
    let before = bench.snapshot();
    bench.operator.prepare_node(&bench.intent, &go()).await.unwrap();
    assert_eq!(bench.fake.unscripted(), Vec::new());
    assert!(bench.machine().swaps.is_empty());
    assert!(
        bench
            .fake
            .file("/etc/fstab")
            .unwrap()
            .text()
            .contains("# off by terraform-provider-kubeadm: /dev/sda2")
    );
    assert_eq!(bench.fake.file(Record::PATH).unwrap().mode, 0o600);
    let names: Vec<_> =
        record(&bench).unwrap().entries.into_iter().map(|entry| entry.change.key()).collect();
    assert!(
        names.contains(&"package:runc".to_owned()),
        "what comes along is recorded, too: {names:?}"
    );

    let done = bench.commands().len();
    bench.operator.prepare_node(&bench.intent, &go()).await.unwrap();
    assert_eq!(bench.commands().len(), done, "the second preparation only looks");

    bench.operator.release_node(&bench.intent.node, &go()).await.unwrap();
    assert_eq!(bench.snapshot(), before);
    assert_eq!(bench.machine().sysctls["net/ipv4/ip_forward"], "0");
    assert_eq!(record(&bench), None);
}

#[tokio::test]
async fn a_release_without_a_record_does_nothing() {
    let bench = Bench::fresh().await;
    bench.operator.release_node(&bench.intent.node, &go()).await.unwrap();
    let directory = Record::DIRECTORY;
    assert_eq!(
        bench.commands(),
        [
            format!("find {directory} -maxdepth 1 -type f -name {UNFINISHED} -delete"),
            format!("rmdir --ignore-fail-on-non-empty {directory}"),
        ]
    );
}

#[tokio::test]
async fn what_is_changed_is_recorded_before() {
    let bench = Bench::fresh().await;
    bench.fake.once(&["tee"], Answer::failure(1, "Invalid argument\n"));
    let error = bench.operator.prepare_node(&bench.intent, &go()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Command);
    let step = error.details.step.unwrap().to_string();
    assert_eq!(step, "3 of 7, sysctls");
    let change = record(&bench).unwrap().change("sysctl:net.ipv4.ip_forward").cloned();
    assert!(matches!(change, Some(Change::Sysctl { before, .. }) if before == "0"));
    bench.operator.prepare_node(&bench.intent, &go()).await.unwrap();
}

#[tokio::test]
async fn a_command_that_does_nothing_is_not_believed() {
    let bench = Bench::fresh().await;
    bench.machine().stubborn = true;
    let error = bench.operator.prepare_node(&bench.intent, &go()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Goal);
    assert_eq!(error.to_string(), "failed to prepare host w1");
    assert!(
        notes(&error).contains("sysctl net.ipv4.ip_forward: found 0, wanted 1"),
        "{}",
        notes(&error)
    );
}

#[tokio::test]
async fn a_refusal_changes_nothing() {
    let bench = Bench::fresh().await;
    bench.machine().kubelet = true;
    let error = bench.operator.prepare_node(&bench.intent, &go()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    let codes: Vec<_> = error.details.findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["PF-FOREIGN-CLUSTER"]);
    assert_eq!(bench.commands(), Vec::<String>::new());
    assert_eq!(record(&bench), None);
}

#[tokio::test]
async fn a_missing_package_is_named() {
    let bench = Bench::fresh().await;
    bench.fake.on_call(|call| {
        let simulated = call.argv.contains(&"--simulate".to_owned());
        simulated.then(|| Answer::failure(100, "E: Unable to locate package containerd\n"))
    });
    let error = bench.operator.prepare_node(&bench.intent, &go()).await.unwrap_err();
    let cause = error.details.cause.unwrap();
    assert_eq!(
        (cause.code, cause.text.as_str()),
        ("RT-PACKAGE-NOT-FOUND", "Unable to locate package containerd")
    );
    assert!(error.details.advice.unwrap().contains("apt-cache policy"));
    assert_eq!(error.details.host.unwrap().name, "w1");
}

/// The host's own sources are denied; those of the mirror, once it is given, are not.
#[tokio::test]
async fn a_mirror_stands_in_for_sources_that_are_out_of_reach() {
    let mut bench = Bench::fresh().await;
    bench.fake.on_call(|call| {
        let alone = call.argv.iter().any(|word| word.starts_with("Dir::Etc::SourceList="));
        let update = call.argv.last().is_some_and(|word| word == "update");
        (update && !alone).then(|| Answer::failure(100, "E: Failed to fetch: 403  Forbidden\n"))
    });
    let error = bench.operator.prepare_node(&bench.intent, &go()).await.unwrap_err();
    assert!(notes(&error).contains("fetch the lists of packages"), "{error:?}");
    bench.intent.packages.mirror = Some("http://mirror/debian".to_owned());
    bench.operator.prepare_node(&bench.intent, &go()).await.unwrap();
}

#[tokio::test]
async fn an_installation_that_removes_others_packages_is_refused() {
    let bench = Bench::fresh().await;
    bench.fake.on_call(|call| {
        let simulated = call.argv.contains(&"--simulate".to_owned());
        simulated
            .then(|| Answer::stdout("Inst containerd (1 Debian [amd64])\nRemv docker.io [20]\n"))
    });
    let error = bench.operator.prepare_node(&bench.intent, &go()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert!(notes(&error).contains("docker.io"));
}

#[tokio::test]
async fn an_interrupted_dpkg_is_told_to_go_on() {
    let bench = Bench::fresh().await;
    let interrupted = "E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem.\n";
    let asked = std::sync::atomic::AtomicBool::new(false);
    bench.fake.on_call(move |call| {
        let program = call.argv.first().map(String::as_str);
        let real = program == Some("apt-get") && call.argv.contains(&"install".to_owned());
        (real
            && !call.argv.contains(&"--simulate".to_owned())
            && !asked.swap(true, std::sync::atomic::Ordering::SeqCst))
        .then(|| Answer::failure(100, interrupted))
    });
    bench.fake.on(&["dpkg"], Answer::success());
    bench.operator.prepare_node(&bench.intent, &go()).await.unwrap();
    assert!(bench.commands().iter().any(|line| line.ends_with("--configure -a")));
}

#[tokio::test]
async fn a_broken_runtime_fails_with_its_journal() {
    let bench = Bench::fresh().await;
    bench.fake.on(&["ctr"], Answer::stdout("io.containerd.grpc.v1 cri linux/amd64 error\n"));
    bench.fake.on(&["journalctl"], Answer::stdout("too many open files\n"));
    let error = bench.operator.prepare_node(&bench.intent, &go()).await.unwrap_err();
    assert_eq!(error.details.cause.as_ref().unwrap().code, "RT-CRI-UNAVAILABLE");
    assert_eq!(error.details.journal_tail.as_deref(), Some("too many open files"));
    bench.fake.on(&["ctr"], Answer::stdout("io.containerd.grpc.v1 cri linux/amd64 ok\n"));
    let restarts = |bench: &Bench| {
        bench.commands().iter().filter(|line| line.starts_with("systemctl restart")).count()
    };
    let before = restarts(&bench);
    bench.operator.prepare_node(&bench.intent, &go()).await.unwrap();
    assert_eq!(
        restarts(&bench),
        before + 1,
        "a configuration that was never in force is made again"
    );
}

#[tokio::test]
async fn all_resources_of_a_host_share_one_look() {
    let bench = Bench::fresh().await;
    let cancel = go();
    let looks = (0..5).map(|_| bench.operator.observe_node(&bench.intent.node, &cancel));
    for look in futures::future::join_all(looks).await {
        look.unwrap();
    }
    assert_eq!(bench.machine().probes, 1);
    bench.operator.read_node(&bench.intent, &cancel).await.unwrap();
    assert_eq!(bench.machine().probes, 2, "the intent's sysctls were not looked at");
    bench.operator.read_node(&bench.intent, &cancel).await.unwrap();
    assert_eq!(bench.machine().probes, 2);
}

#[tokio::test]
async fn a_silent_host_is_unreachable_for_all_who_ask() {
    let bench = Bench::fresh().await;
    bench.fake.vanish();
    for _ in 0..2 {
        let error = bench.operator.observe_node(&bench.intent.node, &go()).await.unwrap_err();
        assert!(error.is_unreachable(), "{error:?}");
    }
}

#[tokio::test]
async fn a_request_to_stop_is_honoured_at_once() {
    let bench = Bench::fresh().await;
    bench.fake.on(&["tee"], Answer::hang());
    let cancel = go();
    let begin = Instant::now();
    let (done, ()) = tokio::join!(bench.operator.prepare_node(&bench.intent, &cancel), async {
        while !bench.commands().iter().any(|line| line.starts_with("tee")) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        cancel.cancel();
    });
    assert!(done.unwrap_err().is_cancelled());
    assert!(begin.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_changed_mind_about_swap_puts_it_back() {
    let mut bench = Bench::fresh().await;
    bench.operator.prepare_node(&bench.intent, &go()).await.unwrap();
    bench.intent.swap = SwapPolicy::Ignore;
    bench.operator.prepare_node(&bench.intent, &go()).await.unwrap();
    assert!(bench.machine().swaps.contains("/dev/sda2"));
    assert!(!bench.fake.file("/etc/fstab").unwrap().text().contains("# off"));
    assert!(record(&bench).unwrap().change("fstab-swap").is_none());
}

#[tokio::test]
async fn a_declaration_is_kept_and_is_no_drift() {
    let mut bench = Bench::fresh().await;
    bench.operator.prepare_node(&bench.intent, &go()).await.unwrap();
    bench.intent.declaration = Some(serde_json::json!({ "name": "w1" }));
    let before = bench.commands().len();
    let observed = bench.operator.prepare_node(&bench.intent, &go()).await.unwrap();
    assert_eq!(observed.record.known().unwrap().declaration, bench.intent.declaration);
    assert_eq!(bench.commands().len(), before, "nothing but the record is written");
}

#[tokio::test]
async fn another_machine_at_the_address_is_left_alone() {
    let mut bench = Bench::fresh().await;
    bench.operator.prepare_node(&bench.intent, &go()).await.unwrap();
    let before = bench.snapshot();
    bench.intent.node.machine_id = Some("another".to_owned());
    bench.operator.release_node(&bench.intent.node, &go()).await.unwrap();
    assert_eq!(bench.snapshot(), before);
}

#[tokio::test]
async fn a_host_of_a_cluster_is_not_released() {
    for (claimed, joined, advice) in [
        (true, true, "destroy its membership first"),
        (true, false, "where that is not in the state because an apply was interrupted"),
        (false, true, "take it out of its cluster"),
        (false, false, "take it out of its cluster"),
    ] {
        let bench = Bench::fresh().await;
        bench.operator.prepare_node(&bench.intent, &go()).await.unwrap();
        let mut record = record(&bench).unwrap();
        record.membership = claimed.then(|| mark(Some("sha256:ab")));
        bench.fake.put(Record::PATH, record.render());
        (bench.machine().kubelet, bench.machine().etcd_data) = (joined, !joined);
        let before = bench.snapshot();
        let error = bench.operator.release_node(&bench.intent.node, &go()).await.unwrap_err();
        let findings = error.details.findings;
        let codes: Vec<_> = findings.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, ["PF-STILL-MEMBER"]);
        assert!(findings[0].advice.contains(advice), "{findings:?}");
        assert_eq!(bench.snapshot(), before);
    }
}

fn mark(ca_hash: Option<&str>) -> MembershipMark {
    let ca_hash = ca_hash.map(str::to_owned);
    let notes = [("role", "control-plane"), ("certificates_dir", "/srv/pki")];
    let notes = notes.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    MembershipMark { cluster_id: "id".to_owned(), ca_hash, notes }
}

/// Answers `kubeadm reset`, which fails unless it is `due`, and what follows it.
fn resets(bench: &Bench, due: &Arc<AtomicBool>) {
    let (machine, due) = (Arc::clone(&bench.machine), Arc::clone(due));
    bench.fake.on_call(move |call| match call.argv.first()?.as_str() {
        "kubeadm" if !due.load(Ordering::Relaxed) => Some(Answer::failure(1, "too early\n")),
        "kubeadm" => {
            let mut machine = machine.lock().ok()?;
            (machine.kubelet, machine.etcd_data) = (false, false);
            Some(Answer::success())
        }
        "systemctl" => call.argv.contains(&"kubelet.service".to_owned()).then(Answer::success),
        _ => {
            let (script, _) = call.script()?;
            let ours = script.contains("-save") || script.starts_with("# Removes what");
            ours.then(Answer::success)
        }
    });
}

#[tokio::test]
async fn what_an_interrupted_apply_began_is_taken_off_a_released_host() {
    let bench = Bench::fresh().await;
    let before = bench.snapshot();
    bench.operator.prepare_node(&bench.intent, &go()).await.unwrap();
    let mut record = record(&bench).unwrap();
    record.membership = Some(mark(None));
    bench.fake.put(Record::PATH, record.render());
    (bench.machine().kubelet, bench.machine().etcd_data) = (true, true);
    let init_has_ended = Arc::new(AtomicBool::new(false));
    resets(&bench, &init_has_ended);
    bench.fake.on(&["kubeadm", "init"], Answer::hang());
    let init = Pool::new().host(&bench.fake.target()).unit("terraform-kubeadm-init");
    init.start(&Command::new("kubeadm").arg("init")).await.unwrap();
    let (cancel, seen) = (go(), bench.machine().probes);
    let release = bench.operator.release_node(&bench.intent.node, &cancel);
    let finish = async {
        while bench.machine().probes == seen {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        init_has_ended.store(true, Ordering::Relaxed);
        bench.fake.finish_unit("terraform-kubeadm-init", ExitStatus::Code(0), "");
    };
    let (departed, ()) = tokio::join!(release, finish);
    assert_eq!(departed.unwrap(), Departed::default());
    assert!(bench.commands().iter().any(|line| line.starts_with("kubeadm reset --config")));
    assert_eq!(bench.snapshot(), before);
}

#[tokio::test]
async fn a_mark_alone_does_not_keep_a_host() {
    let bench = Bench::fresh().await;
    let before = bench.snapshot();
    bench.operator.prepare_node(&bench.intent, &go()).await.unwrap();
    let mut record = record(&bench).unwrap();
    record.membership = Some(mark(Some("sha256:ab")));
    bench.fake.put(Record::PATH, record.render());
    resets(&bench, &Arc::new(AtomicBool::new(false)));
    bench.operator.release_node(&bench.intent.node, &go()).await.unwrap();
    let swept =
        bench.fake.calls().iter().any(|call| {
            call.script().is_some_and(|(script, _)| script.starts_with("# Removes what"))
        });
    assert!(swept, "a reset by hand may have left something");
    assert_eq!(bench.snapshot(), before);
}

#[tokio::test]
async fn clones_of_a_machine_are_refused() {
    let (first, second) = (Bench::fresh().await, Bench::fresh().await);
    let mut clone = second.intent.node.clone();
    clone.name = "w2".to_owned();
    first.operator.observe_node(&clone, &go()).await.unwrap();
    let error = first.operator.prepare_node(&first.intent, &go()).await.unwrap_err();
    let codes: Vec<_> = error.details.findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["PF-DUPLICATE-ID"]);
    assert_eq!(first.commands(), Vec::<String>::new());
}

#[tokio::test]
async fn an_unknown_profile_is_said() {
    let mut bench = Bench::fresh().await;
    bench.intent.node.ssh_profile = Some("rocky".to_owned());
    let error = bench.operator.observe_node(&bench.intent.node, &go()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Configuration);
    assert!(error.to_string().contains("rocky"));
}
