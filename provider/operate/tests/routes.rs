//! Keeping and releasing a host's routes, against a router in memory.

#![expect(clippy::unwrap_used, reason = "a broken test should say where")]

use cluster::intent::NodeReference;
use cluster::node::Record;
use cluster::route::{RECORD, RouteIntent, StaticRoute};
use host::fake::{Answer, Call, FakeHost};
use operate::{ErrorKind, Operator, Profiles};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::{Arc, Mutex, Weak};
use tokio_util::sync::CancellationToken;

const UNIT: &str = "kubeadm-endpoint-route.service";
const UNIT_FILE: &str = "/etc/systemd/system/kubeadm-endpoint-route.service";

/// What the host has besides its files.
#[derive(Default)]
struct Router {
    /// Destination and next hop.
    routes: BTreeMap<String, String>,
    enabled: bool,
    /// Whether routes take no effect, though `ip` says that all went well.
    stubborn: bool,
    /// What the record was when a route was changed.
    records: Vec<String>,
}

struct Bench {
    fake: Arc<FakeHost>,
    router: Arc<Mutex<Router>>,
    operator: Operator,
    intent: RouteIntent,
}

impl Bench {
    async fn fresh() -> Self {
        let fake = Arc::new(FakeHost::start().await);
        let before = BTreeMap::from([("10.9.0.0/16".to_owned(), "192.168.0.9".to_owned())]);
        let router = Arc::new(Mutex::new(Router { routes: before, ..Router::default() }));
        let (files, shared) = (Arc::downgrade(&fake), Arc::clone(&router));
        fake.on_call(move |call| answer(&files, &mut shared.lock().unwrap(), call));
        let profiles = Profiles { default: fake.profile(), named: BTreeMap::new() };
        let intent = intent(&fake);
        Self { fake, router, operator: Operator::new(profiles), intent }
    }

    fn routes(&self) -> BTreeMap<String, String> {
        self.router.lock().unwrap().routes.clone()
    }

    fn commands(&self) -> Vec<String> {
        let calls = self.fake.calls().into_iter().filter(|call| !is_probe(call));
        calls.map(|call| call.argv.join(" ")).collect()
    }
}

fn intent(fake: &FakeHost) -> RouteIntent {
    let node: NodeReference = serde_json::from_value(serde_json::json!({
        "name": "hv1", "address": fake.address().ip().to_string(), "port": fake.address().port(),
        "host_key": fake.host_key(),
    }))
    .unwrap();
    let route = |to: &str| StaticRoute {
        to: to.parse().unwrap(),
        via: Some("192.168.0.254".parse().unwrap()),
        device: None,
        source: None,
        metric: None,
        table: None,
    };
    RouteIntent {
        node,
        static_routes: vec![route("10.9.0.0/16"), route("10.1.0.0/16")],
        rp_filter: BTreeMap::new(),
        ip_forward: None,
        accept_routes: None,
        between: Vec::new(),
        declaration: None,
    }
}

fn is_probe(call: &Call) -> bool {
    call.script().is_some_and(|(text, _)| text.starts_with("# Looks at a host"))
}

fn answer(files: &Weak<FakeHost>, router: &mut Router, call: &Call) -> Option<Answer> {
    let fake = files.upgrade()?;
    if is_probe(call) {
        return Some(Answer::stdout(probe(&fake, router, call)));
    }
    let words: Vec<&str> = call.argv.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["ip", "-4", "route", verb, to, "via", via, ..] => {
            router.records.push(fake.file(RECORD).map(|file| file.text()).unwrap_or_default());
            match *verb {
                _ if router.stubborn => None,
                "replace" => router.routes.insert((*to).to_owned(), (*via).to_owned()),
                _ => router.routes.remove(*to),
            };
        }
        ["systemctl", "enable", UNIT] => router.enabled = true,
        ["systemctl", "disable", UNIT] => router.enabled = false,
        ["systemctl", "daemon-reload"] | ["find" | "rmdir", ..] => {}
        _ => return None,
    }
    Some(Answer::success())
}

fn probe(fake: &FakeHost, router: &Router, call: &Call) -> String {
    let mut output = String::new();
    let mut section = |key: &str, value: Option<&str>| match value {
        Some(value) => writeln!(output, "@{key} 0 {}\n{value}", value.len()).unwrap(),
        None => writeln!(output, "@{key} absent 0\n").unwrap(),
    };
    section("machine_id", Some("0123"));
    let address = r#"[{"ifname":"eth0","addr_info":[{"local":"192.168.0.1","prefixlen":24}]}]"#;
    section("addresses", Some(address));
    let route = |(to, via): (&String, &String)| serde_json::json!({ "dst": to, "gateway": via, "dev": "eth0", "table": "254" });
    let entries: Vec<_> = router.routes.iter().map(route).collect();
    section("routes4", Some(&serde_json::to_string(&entries).unwrap()));
    section("routes6", Some(""));
    section("managers", Some(""));
    let (load, file) = match (fake.file(UNIT_FILE), router.enabled) {
        (None, _) => ("not-found", ""),
        (Some(_), true) => ("loaded", "enabled"),
        (Some(_), false) => ("loaded", "disabled"),
    };
    let unit = format!("Id={UNIT}\nLoadState={load}\nActiveState=inactive\nUnitFileState={file}\n");
    section("units", Some(&unit));
    let files = call.env.iter().find(|(name, _)| name == "FILES");
    let files: BTreeSet<&str> = files.iter().flat_map(|(_, it)| it.split_whitespace()).collect();
    for path in files {
        let file = fake.file(path).map(|file| file.text());
        section(&format!("file:{path}"), file.as_deref());
    }
    section("directories", Some("/etc/systemd/system used\n"));
    section("route_record", fake.file(RECORD).map(|file| file.text()).as_deref());
    section("end", Some(""));
    output
}

fn go() -> CancellationToken {
    CancellationToken::new()
}

#[tokio::test]
async fn routes_are_kept_once_and_released_to_what_was() {
    let bench = Bench::fresh().await;
    let before = bench.routes();
    let found = bench.operator.keep_routes(&bench.intent, &go()).await.unwrap();
    assert_eq!(bench.fake.unscripted(), Vec::new());
    assert_eq!(found.settings["route 10.9.0.0/16"], "via 192.168.0.254 dev eth0");
    assert_eq!(bench.routes()["10.1.0.0/16"], "192.168.0.254");
    let unit = bench.fake.file(UNIT_FILE).unwrap().text();
    assert!(unit.contains("route replace 10.1.0.0/16 via 192.168.0.254"), "{unit}");

    let done = bench.commands().len();
    let again = bench.operator.keep_routes(&bench.intent, &go()).await.unwrap();
    assert_eq!(again, found);
    assert_eq!(bench.commands().len(), done, "the second time it only looks");

    bench.operator.release_routes(&bench.intent.node, &go()).await.unwrap();
    assert_eq!(bench.routes(), before);
    assert_eq!((bench.fake.file(UNIT_FILE), bench.fake.file(RECORD)), (None, None));
    assert!(!bench.router.lock().unwrap().enabled);
}

#[tokio::test]
async fn a_route_is_recorded_before_it_is_changed() {
    let bench = Bench::fresh().await;
    bench.operator.keep_routes(&bench.intent, &go()).await.unwrap();
    let records = std::mem::take(&mut bench.router.lock().unwrap().records);
    assert_eq!(records.len(), 2);
    for record in records {
        let record = Record::parse(&record).unwrap();
        for key in ["route:10.9.0.0/16", "route:10.1.0.0/16", &format!("file:{UNIT_FILE}")] {
            assert!(record.change(key).is_some(), "{key} in {}", record.render());
        }
    }
}

#[tokio::test]
async fn routes_that_take_no_effect_are_not_believed() {
    let bench = Bench::fresh().await;
    bench.router.lock().unwrap().stubborn = true;
    let error = bench.operator.keep_routes(&bench.intent, &go()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Timeout);
    let said = error.details.notes.join("\n");
    assert!(said.contains("route to 10.9.0.0/16: found via 192.168.0.9 dev eth0"), "{said}");

    bench.router.lock().unwrap().stubborn = false;
    bench.operator.keep_routes(&bench.intent, &go()).await.unwrap();
    assert_eq!(bench.routes()["10.9.0.0/16"], "192.168.0.254", "the next apply goes on");
}

#[tokio::test]
async fn another_machine_is_left_alone() {
    let mut bench = Bench::fresh().await;
    bench.intent.node.machine_id = Some("4567".to_owned());
    let error = bench.operator.keep_routes(&bench.intent, &go()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    bench.operator.release_routes(&bench.intent.node, &go()).await.unwrap();
    assert_eq!(bench.commands(), Vec::<String>::new());
}
