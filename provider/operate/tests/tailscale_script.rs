//! What the endpoint's service in a tailnet does to the client, by a client that only remembers.

#![expect(clippy::unwrap_used, reason = "a broken test should say where")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const FUNCTIONS: &str = include_str!("../../cluster/src/endpoint/tailscale.sh");

/// Prints its preferences as the real one, and takes routes as the real one does.
const CLIENT: &str = r#"#!/bin/sh
cd "$STATE"
case "$1 $2" in
'debug prefs')
    printf '{\n\t"RouteAll": %s,\n' "$(cat accepts)"
    if [ -s routes ]; then
        printf '\t"AdvertiseRoutes": [\n%s\n\t],\n' "$(sed 's/.*/\t\t"&",/; $s/,$//' routes)"
    else
        printf '\t"AdvertiseRoutes": null,\n'
    fi
    printf '\t"Config": {\n\t\t"NodeID": "1"\n\t}\n}\n'
    ;;
'status --json') cat others ;;
set\ *)
    shift
    for word; do
        echo "$word" >>calls
        case $word in
        --advertise-routes=*) printf '%s' "${word#*=}" | tr ',' '\n' | grep . >routes ;;
        --accept-routes=*) printf '%s' "${word#*=}" >accepts ;;
        esac
    done
    ;;
esac
exit 0
"#;

const NOBODY: &str = r#"{
  "Self": {
    "PrimaryRoutes": [
      "10.200.0.1/32"
    ]
  },
  "Peer": {
    "nodekey:1": {
      "HostName": "w1"
    }
  }
}"#;

const PREFERENCES_WITH_AN_EMPTY_LIST: &str = r#"#!/bin/sh
printf '{\n\t"RouteAll": false,\n\t"AdvertiseRoutes": [],\n\t"AdvertiseServices": [\n\t\t"svc:web"\n\t]\n}\n'
"#;

/// A host with a client, where `sleep` takes no time.
struct Host {
    directory: PathBuf,
}

impl Host {
    fn new(name: &str, routes: &str, accepts: bool) -> Self {
        let directory =
            std::env::temp_dir().join(format!("tailscale-script-{}-{name}", std::process::id()));
        fs::create_dir_all(directory.join("bin")).unwrap();
        let host = Self { directory };
        host.program("tailscale", CLIENT);
        host.program("ip", "#!/bin/sh\necho \"ip $*\" >>\"$STATE/calls\"\n");
        host.program("sleep", "#!/bin/sh\n");
        host.write("routes", routes);
        host.write("accepts", &accepts.to_string());
        host.write("others", NOBODY);
        host
    }

    fn program(&self, name: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.directory.join("bin").join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.directory.join(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.directory.join(name)).unwrap_or_default()
    }

    /// Calls a function of the script; whether it ended well.
    fn call(&self, function: &str) -> bool {
        self.call_as(function, Path::new("sh"))
    }

    /// Likewise of a script that is in this file by now.
    fn call_as(&self, function: &str, file: &Path) -> bool {
        let script = format!(
            "address=10.200.0.1/32\napi_server=https://127.0.0.1:6443\ngate=yes\nmembers=several\n{FUNCTIONS}\n{function}\n"
        );
        let path = std::env::var("PATH").unwrap();
        let path = format!("{}:{path}", Path::join(&self.directory, "bin").display());
        let mut command = Command::new("sh");
        command.arg("-c").arg(script).arg(file).env("PATH", path).env("STATE", &self.directory);
        command.status().unwrap().success()
    }

    fn routes(&self) -> Vec<String> {
        self.read("routes").lines().map(str::to_owned).collect()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.directory));
    }
}

fn somebody() -> String {
    NOBODY
        .replace("\"HostName\": \"w1\"", "\"PrimaryRoutes\": [\n        \"10.200.0.1/32\"\n      ]")
}

#[test]
fn other_routes_are_kept() {
    let host = Host::new("kept", "192.168.7.0/24\n10.9.0.0/16\n", true);
    assert!(host.call("be_here"));
    assert_eq!(host.routes(), ["192.168.7.0/24", "10.9.0.0/16", "10.200.0.1/32"]);
    assert_eq!(host.read("accepts"), "false");
    host.write("calls", "");
    assert!(host.call("be_here"));
    assert_eq!(
        host.read("calls"),
        "ip address replace 10.200.0.1/32 dev lo\n",
        "nothing else is to be done"
    );
    host.write("others", &somebody());
    assert!(host.call("withdraw; true"));
    assert_eq!(host.routes(), ["192.168.7.0/24", "10.9.0.0/16"]);
    assert!(host.read("calls").ends_with("ip address delete 10.200.0.1/32 dev lo\n"));
}

/// The client has a preference of its own for these, and refuses them among the others.
#[test]
fn an_exit_node_stays_one_by_itself() {
    let host = Host::new("exit", "0.0.0.0/0\n::/0\n", false);
    assert!(host.call("be_here"));
    assert!(
        host.read("calls").contains("--advertise-routes=10.200.0.1/32\n"),
        "{}",
        host.read("calls")
    );
}

#[test]
fn a_host_that_is_not_ready_leaves_the_route_to_others_that_are_there() {
    let host = Host::new("away", "10.200.0.1/32\n", false);
    assert!(!host.call("be_away"), "nobody takes it over");
    assert_eq!(host.routes(), ["10.200.0.1/32"]);
    assert!(!host.read("calls").contains("address delete"), "{}", host.read("calls"));
    host.write("others", &somebody());
    assert!(host.call("be_away"));
    assert_eq!((host.routes(), host.read("accepts").as_str()), (Vec::new(), "true"));
    assert!(host.read("calls").ends_with("ip address delete 10.200.0.1/32 dev lo\n"));
}

/// At a boot with an API server that is not up yet the address may not be there; that is no reason to come back.
#[test]
fn an_address_that_is_gone_already_is_gone() {
    let host = Host::new("gone", "", false);
    host.program("ip", "#!/bin/sh\nexit 2\n");
    assert!(host.call("be_away"));
    assert_eq!(host.read("accepts"), "true");
}

#[test]
fn a_list_without_routes_is_not_read_past_its_end() {
    let host = Host::new("empty", "", false);
    host.program("tailscale", PREFERENCES_WITH_AN_EMPTY_LIST);
    assert!(host.call(r#"[ -z "$(advertised "$(preferences)")" ]"#));
}

/// Who left, each for the other, is asked again whether somebody serves.
#[test]
fn a_host_comes_back_where_nobody_serves() {
    let host = Host::new("back", "", true);
    let round = r#"place=away round=0 pause=10 own=3 patience=0
        be_elsewhere
        echo $place $patience >"$STATE/state""#;
    host.write("others", &somebody());
    assert!(host.call(round));
    assert!(host.routes().is_empty(), "another one serves");
    host.write("others", NOBODY);
    assert!(host.call(round));
    assert_eq!(host.routes(), ["10.200.0.1/32"]);
    assert_eq!(host.read("state"), "here 13\n", "and stays for a while");
}

/// The script of another address takes the place of the running one by a signal.
#[test]
fn an_address_that_is_no_longer_meant_is_given_up() {
    let host = Host::new("other", "10.200.0.1/32\n192.168.7.0/24\n", false);
    host.write("others", &somebody());
    host.write("next", "#!/bin/sh\naddress=10.200.0.2/32\nprintf '%s' \"$1\" >\"$STATE/again\"\n");
    assert!(host.call_as("again", &host.directory.join("next")));
    assert_eq!(host.routes(), ["192.168.7.0/24"]);
    assert_eq!(host.read("again"), "serve", "the other script goes on");
}

/// A new script of the same address goes on with what is there.
#[test]
fn an_address_that_is_meant_still_is_kept() {
    let host = Host::new("same", "10.200.0.1/32\n", false);
    host.write("next", "#!/bin/sh\naddress=10.200.0.1/32\n");
    assert!(host.call_as("again", &host.directory.join("next")));
    assert_eq!(host.routes(), ["10.200.0.1/32"]);
}
