//! The library's own promises, held on the probe provider by the testing tools that real
//! providers use: whatever the configuration, core's contract is kept.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test and its tools fail by panicking"
)]

#[path = "../examples/protocol_probe/main.rs"]
#[expect(dead_code, reason = "its main is not called here")]
mod probe;

use std::time::Duration;

use probe::Probe;
use proptest::prelude::*;
use serde_json::{Value, json};
use tfplugin::testing::{Action, Failure, Harness, State, forget, random_config, unknown};
use tfplugin::{Path, Severity};

async fn harness() -> Harness<Probe> {
    Harness::new(Probe, &json!({})).await.unwrap()
}

fn first_error(failure: &Failure) -> String {
    let diagnostics = failure.diagnostics();
    let first = diagnostics.iter().find(|found| found.severity == Severity::Error);
    first.map_or_else(|| failure.to_string(), |found| found.summary.clone())
}

fn note() -> Value {
    json!({
        "title": "First",
        "tags": ["a", unknown(), unknown()],
        "author": { "name": "me" },
        "readers": [{ "name": "r1" }, { "name": unknown() }],
        "places": [{ "wall": "north" }, { "wall": "south", "height": 3 }],
        "password_wo": "secret",
        "password_wo_version": 1,
    })
}

fn known_note() -> Value {
    let mut note = note();
    note["tags"] = json!(["a", "b", "c"]);
    note["readers"][1]["name"] = json!("r2");
    note
}

#[tokio::test]
async fn what_the_provider_fills_in_is_unknown_in_the_first_plan() {
    let harness = harness().await;
    let notes = harness.resource("probe_note").unwrap();
    let plan = notes.plan(&note(), None).await.unwrap();
    assert_eq!(plan.action, Action::Create);
    for attribute in ["revision", "slug", "password_length", "readers", "places", "tags"] {
        assert!(plan.is_unknown(attribute), "{attribute}");
    }
    assert_eq!(plan.json()["id"], "note-First", "set by the hook");
    assert_eq!(plan.json()["priority"], "low", "by default");
    assert_eq!(plan.json()["author"]["address"], "nowhere", "by default, within an object");
    assert_eq!(plan.json()["password_wo"], Value::Null, "write-only");
}

#[tokio::test]
async fn an_apply_fills_in_the_rest_and_the_second_plan_is_empty() {
    let harness = harness().await;
    let notes = harness.resource("probe_note").unwrap();
    let plan = notes.plan(&note(), None).await.unwrap();
    let state = notes.apply(&plan, &known_note()).await.unwrap();
    assert_eq!(state.json()["password_length"], 6);
    assert_eq!(state.json()["password_wo"], Value::Null);
    assert_eq!(state.json()["readers"][1], json!({ "name": "r2", "position": 1 }));
    let second = notes.plan(&known_note(), Some(&state)).await.unwrap();
    assert_eq!(second.action, Action::NoOp);
}

async fn converged(config: &Value) -> (Harness<Probe>, State) {
    let harness = harness().await;
    let state = harness.resource("probe_note").unwrap().converge(config, None).await.unwrap();
    (harness, state)
}

#[tokio::test]
async fn an_update_leaves_stable_values_known() {
    let (harness, state) = converged(&known_note()).await;
    let notes = harness.resource("probe_note").unwrap();
    let mut config = known_note();
    config["text"] = json!("changed");
    let plan = notes.plan(&config, Some(&state)).await.unwrap();
    assert_eq!(plan.action, Action::Update);
    assert!(!plan.is_unknown("id"));
    assert!(plan.is_unknown("revision"));
    let state = notes.converge(&config, Some(&state)).await.unwrap();
    assert_eq!(state.json()["revision"], 2);
}

#[tokio::test]
async fn a_quiet_change_leaves_everything_else_known() {
    let (harness, state) = converged(&known_note()).await;
    let notes = harness.resource("probe_note").unwrap();
    let mut config = known_note();
    config["timeouts"] = json!({ "create": "9m" });
    let plan = notes.plan(&config, Some(&state)).await.unwrap();
    assert_eq!(plan.action, Action::Update);
    assert!(!plan.is_unknown("revision"));
}

#[tokio::test]
async fn another_title_makes_another_note() {
    let (harness, state) = converged(&known_note()).await;
    let notes = harness.resource("probe_note").unwrap();
    let mut config = known_note();
    config["title"] = json!("Second");
    let plan = notes.plan(&config, Some(&state)).await.unwrap();
    assert_eq!(plan.action, Action::Replace);
    assert_eq!(plan.replaces, [Path::of(["title"])]);
    assert_eq!(plan.json()["id"], "note-Second");
}

#[tokio::test]
async fn a_default_comes_back_when_the_configuration_no_longer_says_otherwise() {
    let mut config = known_note();
    config["priority"] = json!("high");
    let (harness, state) = converged(&config).await;
    let notes = harness.resource("probe_note").unwrap();
    let state = notes.converge(&known_note(), Some(&state)).await.unwrap();
    assert_eq!(state.json()["priority"], "low");
}

#[tokio::test]
async fn errors_name_the_attribute() {
    let harness = harness().await;
    let notes = harness.resource("probe_note").unwrap();
    let cases = [
        (json!({ "title": "t", "priority": "middle" }), Path::of(["priority"])),
        (json!({ "title": "t", "author": { "name": "" } }), Path::of(["author", "name"])),
        (
            json!({ "title": "t", "timeouts": { "create": "soon" } }),
            Path::of(["timeouts", "create"]),
        ),
        (json!({ "title": "t", "password_wo_version": 1.5 }), Path::of(["password_wo_version"])),
    ];
    for (config, path) in cases {
        let diagnostics = notes.validate(&config).unwrap();
        let found: Vec<_> = diagnostics.iter().map(|found| found.path.clone()).collect();
        assert_eq!(found, [path], "{diagnostics:?}");
    }
}

#[tokio::test]
async fn unknown_values_are_no_errors() {
    let harness = harness().await;
    let notes = harness.resource("probe_note").unwrap();
    let config = json!({
        "title": unknown(), "priority": unknown(), "author": unknown(), "places": unknown(),
        "lines": ["a", unknown()], "lists": { "a": unknown(), "b": [unknown()] },
    });
    assert!(notes.validate(&config).unwrap().is_empty());
    let plan = notes.plan(&config, None).await.unwrap();
    assert!(plan.is_unknown("id"));
    assert_eq!(plan.json()["lines"], json!(["a", null]), "the known line is kept");
}

#[tokio::test]
async fn numbers_are_kept_to_the_last_digit() {
    for number in
        ["0.1", "123456789012345678901234567890.123456789", "-1e300", "18446744073709551615"]
    {
        let weight: Value = serde_json::from_str(number).unwrap();
        let (_, state) = converged(&json!({ "title": "t", "weight": weight })).await;
        let found: tfplugin::value::Number = state.json()["weight"].to_string().parse().unwrap();
        assert_eq!(found, number.parse().unwrap());
    }
}

#[tokio::test]
async fn values_of_any_type_come_back() {
    let anything =
        json!({ "type": ["object", { "a": ["list", "number"] }], "value": { "a": [1, 2.5] } });
    let (_, state) = converged(&json!({ "title": "t", "anything": anything })).await;
    assert_eq!(state.json()["anything"], anything);
}

#[tokio::test]
async fn whole_objects_are_taken_with_unknown_fields_inside() {
    let harness = harness().await;
    let groups = harness.resource("probe_group").unwrap();
    let machine = |id: Value| json!({ "name": "a", "machine_id": id, "system": unknown() });
    let config = json!({ "leader": machine(unknown()), "machines": [machine(unknown())] });
    let plan = groups.plan(&config, None).await.unwrap();
    assert_eq!(plan.json()["leader"]["name"], "a");
    let known = json!({ "name": "a", "machine_id": "1", "system": { "name": "debian" } });
    let config = json!({ "leader": known, "machines": [known, known] });
    let state = groups.apply(&groups.plan(&config, None).await.unwrap(), &config).await.unwrap();
    assert_eq!(state.json()["ids"], "1 1");
}

fn crash(at: &str, how: &str) -> Value {
    json!({ "at": at, "how": how, "value": "v" })
}

#[tokio::test]
async fn a_failed_create_saves_what_it_says() {
    let harness = harness().await;
    let crashes = harness.resource("probe_crash").unwrap();
    let cases = [
        ("error", false),
        ("panic", false),
        ("partial_error", true),
        ("unknown", true),
        ("other_value", true),
    ];
    for (how, saves) in cases {
        let config = crash("create", how);
        let plan = crashes.plan(&config, None).await.unwrap();
        let failure = crashes.apply(&plan, &config).await.unwrap_err();
        assert_eq!(failure.saved().is_some(), saves, "{how}: {failure}");
    }
}

#[tokio::test]
async fn a_panic_says_what_and_where() {
    let harness = harness().await;
    let crashes = harness.resource("probe_crash").unwrap();
    let failure = crashes.plan(&crash("plan", "panic"), None).await.unwrap_err();
    assert_eq!(first_error(&failure), "the provider panicked");
    let diagnostics = failure.diagnostics();
    let detail = &diagnostics.iter().next().unwrap().detail;
    assert!(detail.starts_with("told to panic at Plan"), "{detail}");
}

#[tokio::test]
async fn what_is_not_as_planned_is_named() {
    let harness = harness().await;
    let crashes = harness.resource("probe_crash").unwrap();
    let cases = [
        ("unknown", "result: is still unknown after apply"),
        ("other_value", "value: has another value than planned"),
    ];
    for (how, text) in cases {
        let config = crash("create", how);
        let plan = crashes.plan(&config, None).await.unwrap();
        let failure = crashes.apply(&plan, &config).await.unwrap_err();
        assert_eq!(first_error(&failure), text);
    }
}

#[tokio::test]
async fn a_failed_delete_or_read_keeps_the_state() {
    let harness = harness().await;
    let crashes = harness.resource("probe_crash").unwrap();
    for how in ["error", "panic"] {
        let state = crashes.converge(&crash("delete", how), None).await.unwrap();
        let failure = crashes.destroy(&state).await.unwrap_err();
        assert_eq!(failure.saved(), Some(&state), "{how}");
        let config = crash("read", how);
        let plan = crashes.plan(&config, None).await.unwrap();
        let state = crashes.apply(&plan, &config).await.unwrap();
        let failure = crashes.refresh(&state).await.unwrap_err();
        assert_eq!(failure.saved(), Some(&state), "{how}");
    }
}

#[tokio::test]
async fn an_object_that_is_gone_leaves_the_state() {
    let harness = harness().await;
    let crashes = harness.resource("probe_crash").unwrap();
    let config = crash("read", "gone");
    let plan = crashes.plan(&config, None).await.unwrap();
    let state = crashes.apply(&plan, &config).await.unwrap();
    assert_eq!(crashes.refresh(&state).await.unwrap(), None);
}

#[tokio::test]
async fn an_interrupt_reaches_what_is_in_flight_and_nothing_later() {
    let directory = tempfile::tempdir().unwrap();
    let begun = directory.path().join("begun");
    let harness = harness().await;
    let slow = harness.resource("probe_slow").unwrap();
    let config = json!({ "begun": begun, "endless": true, "leaves_object": true });
    let plan = slow.plan(&config, None).await.unwrap();
    let interrupt = async {
        while !begun.exists() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        harness.stop();
    };
    let (applied, ()) = tokio::join!(slow.apply(&plan, &config), interrupt);
    let failure = applied.unwrap_err();
    assert_eq!(first_error(&failure), "the work was interrupted");
    let saved = failure.saved().unwrap();
    assert_eq!(saved.json()["outcome"], Value::Null, "what was unknown is saved as null");
    let config = json!({ "begun": begun });
    slow.converge(&config, None).await.unwrap();
}

#[tokio::test]
async fn drift_shows_and_is_repaired() {
    let directory = tempfile::tempdir().unwrap();
    let harness = Harness::new(Probe, &json!({ "directory": directory.path() })).await.unwrap();
    let files = harness.resource("probe_file").unwrap();
    let config = json!({ "name": "f", "content": "ours" });
    let state = files.converge(&config, None).await.unwrap();
    assert_eq!(state.private(), json!({ "writes": 1 }));
    assert_eq!(state.identity(), json!({ "name": "f" }));
    std::fs::write(directory.path().join("f"), "theirs").unwrap();
    let drifted = files.refresh(&state).await.unwrap().unwrap();
    assert_eq!(drifted.json()["found"]["content"], "theirs");
    let plan = files.plan(&config, Some(&drifted)).await.unwrap();
    assert_eq!(plan.action, Action::Update);
    assert_eq!(plan.json()["found"]["content"], "ours");
    let repaired = files.converge(&config, Some(&drifted)).await.unwrap();
    assert_eq!(repaired.private(), json!({ "writes": 2 }));
    assert_eq!(files.plan_destroy(&repaired).await.unwrap().warnings.iter().count(), 1);
    files.destroy(&repaired).await.unwrap();
    assert_eq!(files.refresh(&repaired).await.unwrap(), None);
}

#[tokio::test]
async fn a_file_is_imported_by_id_and_by_identity() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("f"), "there").unwrap();
    let harness = Harness::new(Probe, &json!({ "directory": directory.path() })).await.unwrap();
    let files = harness.resource("probe_file").unwrap();
    let by_id = files.import_id("f").await.unwrap();
    let by_identity = files.import_identity(&json!({ "name": "f" })).await.unwrap();
    assert_eq!(by_id, by_identity);
    let state = files.refresh(&by_id).await.unwrap().unwrap();
    let config = json!({ "name": "f", "content": "there" });
    let plan = files.plan(&config, Some(&state)).await.unwrap();
    assert_eq!(plan.action, Action::NoOp);
    let notes = harness.resource("probe_note").unwrap();
    let failure = notes.import_id("x").await.unwrap_err();
    assert_eq!(first_error(&failure), "probe_note cannot be imported");
}

#[tokio::test]
async fn while_the_configuration_is_unknown_plans_are_made_from_state_alone() {
    let harness = Harness::new(Probe, &json!({ "directory": unknown() })).await.unwrap();
    let files = harness.resource("probe_file").unwrap();
    let state = json!({ "name": "f", "content": "c", "found": { "content": "c" }, "size": 1 });
    let state = files.state(&state).unwrap();
    let kept = files.refresh(&state).await.unwrap().unwrap();
    assert_eq!(kept.json(), state.json());
    let config = json!({ "name": "f", "content": "c" });
    assert_eq!(files.plan(&config, Some(&kept)).await.unwrap().action, Action::NoOp);
    let failure =
        harness.read_data_source("probe_echo", &json!({ "word": "w" })).await.unwrap_err();
    assert_eq!(first_error(&failure), "the provider's configuration is not known yet");
}

#[tokio::test]
async fn states_of_any_version_are_read() {
    let harness = harness().await;
    let notes = harness.resource("probe_note").unwrap();
    let old = notes.upgrade(0, &json!({ "name": "Old", "gone": 1 })).unwrap();
    assert_eq!(old.json()["title"], "Old");
    let same =
        notes.upgrade(1, &json!({ "title": "Same", "dropped": [1], "password_wo": "x" })).unwrap();
    assert_eq!(same.json()["title"], "Same");
    assert_eq!(same.json()["password_wo"], Value::Null);
    assert_eq!(same.json()["slug"], Value::Null, "missing ones are null");
    let failure = notes.upgrade(2, &json!({})).unwrap_err();
    assert!(first_error(&failure).contains("newer version"), "{failure}");
    let failure = notes.upgrade(1, &json!({ "author": { "name": [] } })).unwrap_err();
    let path = failure.diagnostics().iter().next().unwrap().path.clone();
    assert_eq!(path, Path::of(["author", "name"]));
}

#[tokio::test]
async fn states_move_between_types() {
    let harness = harness().await;
    let files = harness.resource("probe_file").unwrap();
    let request = |source_type: &str| tfplugin::MoveRequest {
        source_provider: "test/probe".to_owned(),
        source_type: source_type.to_owned(),
        source_version: 0,
        source_state: json!({ "size": 3 }),
    };
    let moved = files.move_from(request("probe_blob")).unwrap();
    assert_eq!(moved.json()["size"], 3);
    assert_eq!(moved.identity(), json!({ "name": "moved" }));
    let failure = files.move_from(request("probe_note")).unwrap_err();
    assert_eq!(first_error(&failure), "probe_note cannot be moved to probe_file");
}

#[tokio::test]
async fn stored_identities_are_read() {
    let harness = harness().await;
    let files = harness.resource("probe_file").unwrap();
    let identity = json!({ "name": "f", "old": 1 });
    assert_eq!(files.upgrade_identity(0, &identity).unwrap(), json!({ "name": "f" }));
    let failure = files.upgrade_identity(1, &identity).unwrap_err();
    assert!(first_error(&failure).contains("newer version"), "{failure}");
}

#[tokio::test]
async fn a_generated_configuration_changes_nothing() {
    let (harness, state) = converged(&known_note()).await;
    let notes = harness.resource("probe_note").unwrap();
    let config = notes.generated_config(&state).unwrap();
    assert_eq!(config["priority"], Value::Null, "the default need not be written");
    assert_eq!(config["id"], Value::Null, "computed");
    assert_eq!(config["readers"][0], json!({ "name": "r1", "position": null }));
    assert_eq!(notes.plan(&config, Some(&state)).await.unwrap().action, Action::NoOp);
}

#[tokio::test]
async fn data_sources_and_ephemeral_values_are_filled_in() {
    let directory = tempfile::tempdir().unwrap();
    let harness = Harness::new(Probe, &json!({ "directory": directory.path() })).await.unwrap();
    let echo = harness.read_data_source("probe_echo", &json!({ "word": "w" })).await.unwrap();
    assert_eq!(echo, json!({ "word": "w", "times": 2, "words": ["w", "w"] }));
    let mut token = harness.open("probe_token", &json!({ "bearer": "me" })).await.unwrap();
    assert_eq!(token.result["value"], "token-of-me");
    assert!(token.renew_at.is_some());
    harness.renew(&mut token).await.unwrap();
    assert_eq!(token.renew_at, None);
    harness.close(token).await.unwrap();
    assert!(directory.path().join("closed-me").exists());
}

#[tokio::test]
async fn functions_are_called_and_blame_an_argument() {
    let harness = harness().await;
    let call = |name, arguments: &[Value]| harness.call(name, arguments);
    assert_eq!(call("join_words", &["-".into(), "a".into(), "b".into()]).unwrap(), "a-b");
    assert_eq!(call("join_words", &[Value::Null, "a".into()]).unwrap(), "a");
    assert_eq!(call("half", &[4.into()]).unwrap(), 2);
    assert_eq!(call("half", &[3.into()]).unwrap_err().argument, Some(0));
    let wrong = call("half", &[json!(1.5)]).unwrap_err();
    assert_eq!(wrong.argument, Some(0), "{}", wrong.text);
}

/// Values that make sense where any text would not do.
fn sample(path: &Path) -> Vec<Value> {
    let path = path.to_string();
    match path.as_str() {
        "priority" => vec!["low".into(), "high".into()],
        "author.name" => vec!["me".into(), "you".into()],
        "endless" => vec![false.into()],
        "begun" => vec!["/dev/null".into()],
        "password_wo_version" | "size" => vec![1.into(), 2.into()],
        "at" => vec!["update".into()],
        "how" => vec!["gone".into()],
        _ if path.starts_with("timeouts.") => vec!["5m".into(), "1h30m".into()],
        _ => Vec::new(),
    }
}

/// Any first configuration, of which something is not known at first, then any second one.
async fn any_two_configurations(type_name: &str, seeds: (u64, u64, u64)) -> Result<(), Failure> {
    let harness = harness().await;
    let driver = harness.resource(type_name)?;
    let first = random_config(driver.schema(), seeds.0, &sample);
    let plan = driver.plan(&forget(&first, seeds.1), None).await?;
    let state = driver.apply(&plan, &first).await?;
    let state = driver.converge(&first, Some(&state)).await?;
    let second = random_config(driver.schema(), seeds.2, &sample);
    let plan = driver.plan(&forget(&second, seeds.1), Some(&state)).await?;
    if plan.action == Action::Update {
        driver.apply(&plan, &second).await?;
    }
    let state = driver.converge(&second, Some(&state)).await?;
    driver.destroy(&state).await
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_contract_is_kept_whatever_the_user_writes(seeds: (u64, u64, u64)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for type_name in ["probe_note", "probe_machine", "probe_group", "probe_slow", "probe_crash"] {
            let kept = runtime.block_on(any_two_configurations(type_name, seeds));
            prop_assert!(kept.is_ok(), "{type_name}: {}", kept.unwrap_err());
        }
    }
}
