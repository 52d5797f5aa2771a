//! Approval of a route by the API of a tailnet's control server.

use super::subject::Subject;
use crate::error::{ErrorKind, OperateError};
use cluster::endpoint::{not_approved, require_tailnet, route};
use host::{Command, Secret};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::net::IpAddr;

/// The API of a tailnet's control server, which lets hosts serve routes.
#[derive(Clone, Debug)]
pub struct TailscaleApi {
    /// Whose API it is.
    pub kind: ControlServer,
    /// Where it is, without path.
    pub url: String,
    /// A key that may write routes.
    pub key: Secret,
}

/// Whose API a control server has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControlServer {
    /// Tailscale's, version 2.
    Tailscale,
    /// Headscale's, version 1.
    Headscale,
}

/// curl reads what to do from here, so that the key is in no argument. The last line is the answer's status.
const CURL: [&str; 2] = ["--config", "-"];

impl Subject<'_> {
    /// Lets the host serve the address, beside the routes that it may serve already.
    pub(super) async fn approve(
        &self,
        api: &TailscaleApi,
        address: IpAddr,
    ) -> Result<(), OperateError> {
        let observed = self.look().await?;
        let tailnet = require_tailnet(self.name(), &observed);
        let tailnet = tailnet.map_err(|finding| self.unfit(finding))?;
        let place = api.of_host(&tailnet.id);
        let wanted = route(address).to_string();
        let found = self.ask(api, &place, None).await?;
        if api.is_another(&found, &tailnet.addresses) {
            let intent = format!("approve the route {wanted} of {}", self.name());
            let error = OperateError::new(intent, ErrorKind::Goal);
            let what = format!("what {} knows as {} is another host", api.url, tailnet.id);
            return Err(error.note(what).advise(ADVICE).on(self.operator.label(self.node())));
        }
        let mut routes = api.approved(&found);
        if routes.contains(&wanted) {
            return Ok(());
        }
        routes.push(wanted.clone());
        let body = json!({ "routes": routes });
        self.ask(api, &api.routes_of_host(&tailnet.id), Some(&body)).await?;
        if api.approved(&self.ask(api, &place, None).await?).contains(&wanted) {
            return Ok(());
        }
        Err(self.unfit(not_approved(address, self.name(), tailnet, true)))
    }

    /// The host asks: it reaches its control server, wherever that is.
    async fn ask(
        &self,
        api: &TailscaleApi,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, OperateError> {
        let url = format!("{}{path}", api.url.trim_end_matches('/'));
        let intent = format!("ask the control server's API at {url}");
        let config = Secret::new(configuration(&url, &api.key, body));
        let command = Command::new("curl").args(CURL).stdin_secret(&config);
        let output = self.require(&intent, &command).await?.stdout_text().into_owned();
        let (answer, status) = output.rsplit_once('\n').unwrap_or(("", &output));
        if status.trim() != "200" {
            let error = OperateError::new(intent, ErrorKind::Goal);
            let error = error.note(format!("it answered {}: {}", status.trim(), shortened(answer)));
            return Err(error.advise(ADVICE).on(self.operator.label(self.node())));
        }
        serde_json::from_str(answer).map_err(|error| {
            let failed = OperateError::new(intent, ErrorKind::Goal).note(error.to_string());
            failed.advise(ADVICE).on(self.operator.label(self.node()))
        })
    }
}

const ADVICE: &str = "see that tailscale_api in the provider's configuration names the API of the hosts' own control \
     server with its kind, and a key that is valid and may write routes (devices:routes at Tailscale)";

impl TailscaleApi {
    /// Where a host is found.
    fn of_host(&self, id: &str) -> String {
        match self.kind {
            ControlServer::Tailscale => format!("/api/v2/device/{id}/routes"),
            ControlServer::Headscale => format!("/api/v1/node/{id}"),
        }
    }

    /// Where its routes are set, all of them.
    fn routes_of_host(&self, id: &str) -> String {
        match self.kind {
            ControlServer::Tailscale => format!("/api/v2/device/{id}/routes"),
            ControlServer::Headscale => format!("/api/v1/node/{id}/approve_routes"),
        }
    }

    /// Whether what is found is not the host of these addresses: every Headscale counts its hosts from one.
    fn is_another(&self, found: &Value, addresses: &[IpAddr]) -> bool {
        let known = found.pointer("/node/ipAddresses").and_then(Value::as_array);
        let known = known.into_iter().flatten().filter_map(Value::as_str);
        let mut known = known.filter_map(|one| one.parse::<IpAddr>().ok());
        self.kind == ControlServer::Headscale && !known.any(|one| addresses.contains(&one))
    }

    /// Routes that a host may serve, by what is found of it.
    fn approved(&self, found: &Value) -> Vec<String> {
        let place = match self.kind {
            ControlServer::Tailscale => "/enabledRoutes",
            ControlServer::Headscale => "/node/approvedRoutes",
        };
        let routes = found.pointer(place).and_then(Value::as_array);
        routes.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }
}

fn configuration(url: &str, key: &Secret, body: Option<&Value>) -> String {
    let mut text = format!(
        "silent\nshow-error\nmax-time = 20\nwrite-out = \"\\n%{{http_code}}\"\nurl = {}\nheader = {}\n",
        quoted(url),
        quoted(&format!("Authorization: Bearer {}", key.expose()))
    );
    if let Some(body) = body {
        text += "header = \"Content-Type: application/json\"\n";
        let _ = writeln!(text, "data = {}", quoted(&body.to_string()));
    }
    text
}

/// As curl reads it: nothing in it begins another option.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace(['\n', '\r'], "");
    format!("\"{escaped}\"")
}

/// What a server says of a failure is its first line.
fn shortened(answer: &str) -> String {
    const LONGEST: usize = 200;
    answer.lines().next().unwrap_or_default().chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::super::fake_tests::{member, operator};
    use super::*;
    use host::fake::{Answer, FakeHost};
    use tokio_util::sync::CancellationToken;

    fn api(kind: ControlServer) -> TailscaleApi {
        let (url, key) = ("https://control.example/".to_owned(), Secret::new("k\"\n1"));
        TailscaleApi { kind, url, key }
    }

    /// As the documents of both APIs say (Tailscale v2 `device/{id}/routes`, Headscale 0.29 `headscale.proto`).
    #[test]
    fn both_control_servers_are_spoken_to() {
        let tailscale = api(ControlServer::Tailscale);
        assert_eq!(tailscale.of_host("n1"), "/api/v2/device/n1/routes");
        assert_eq!(tailscale.of_host("n1"), tailscale.routes_of_host("n1"));
        let found = json!({ "advertisedRoutes": ["10.0.0.0/8"], "enabledRoutes": ["10.1.0.0/16"] });
        assert_eq!(tailscale.approved(&found), ["10.1.0.0/16"]);
        let headscale = api(ControlServer::Headscale);
        assert_eq!(headscale.routes_of_host("7"), "/api/v1/node/7/approve_routes");
        let found = json!({ "node": {
            "ipAddresses": ["100.64.0.7", "fd7a:115c:a1e0::7"], "approvedRoutes": ["10.1.0.0/16"],
        } });
        assert_eq!(headscale.approved(&found), ["10.1.0.0/16"]);
        let is_another = |own: &str| headscale.is_another(&found, &[own.parse().unwrap()]);
        assert!(is_another("100.64.0.8") && !is_another("100.64.0.7"));
    }

    #[test]
    fn a_value_begins_no_option_of_curls() {
        let api = api(ControlServer::Headscale);
        let body = json!({ "routes": ["10.200.0.1/32"] });
        let text = configuration("https://control.example/api", &api.key, Some(&body));
        let header = r#"header = "Authorization: Bearer k\"1""#;
        assert!(text.lines().any(|line| line == header), "{text}");
        let data = r#"data = "{\"routes\":[\"10.200.0.1/32\"]}""#;
        assert!(text.lines().any(|line| line == data), "{text}");
    }

    /// Asks a control server that answers so: what came of it, and how curl was called.
    async fn asked(answer: &str) -> (Result<Value, OperateError>, String) {
        let fake = FakeHost::start().await;
        fake.on(&["curl"], Answer::stdout(answer));
        let (operator, intent, cancel) = (operator(&fake), member(&fake), CancellationToken::new());
        let subject = Subject::new(&operator, &intent, &cancel).unwrap();
        let key = Secret::new("planted-key");
        let api = TailscaleApi { key, ..api(ControlServer::Headscale) };
        let answered = subject.ask(&api, "/api/v1/node/7", None).await;
        let call = fake.calls().pop().unwrap();
        assert!(String::from_utf8_lossy(&call.stdin).contains("Bearer planted-key"));
        (answered, call.argv.join(" "))
    }

    #[tokio::test]
    async fn the_key_is_in_no_argument_and_in_no_error() {
        let (answered, argv) = asked("{\"node\": {}}\n200").await;
        assert_eq!(answered.unwrap(), json!({ "node": {} }));
        assert!(argv.ends_with("curl --config -"), "{argv}");
        for answer in ["Unauthorized\n401", "no JSON\n200", ""] {
            let error = asked(answer).await.0.unwrap_err();
            let shown = format!("{error:?}");
            assert!(shown.contains("https://control.example/api/v1/node/7"), "{shown}");
            assert!(shown.contains("tailscale_api") && !shown.contains("planted-key"), "{shown}");
        }
    }
}
