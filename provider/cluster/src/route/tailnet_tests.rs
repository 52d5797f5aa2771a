//! Routes of others in the tailnet.

use super::tests::{apply, host, intent, put_back};
use super::*;
use crate::observed::{Fact, Observed, Tailnet};

fn accepting() -> RouteIntent {
    RouteIntent { accept_routes: Some(true), ..intent() }
}

fn enrolled() -> Observed {
    let tailnet = Tailnet { state: "Running".to_owned(), ..Tailnet::default() };
    Observed { tailnet: Fact::Known(tailnet), ..host() }
}

fn accepts(host: &Observed) -> bool {
    host.tailnet.known().unwrap().accepts_routes
}

#[test]
fn routes_of_others_are_taken_and_given_up_again() {
    let mut host = enrolled();
    apply(&mut host, &accepting());
    assert!(accepts(&host) && plan(&accepting(), &host).unwrap().is_empty());
    assert_eq!(settings(&accepting(), &host)["tailscale accept-routes"], "true");
    // By hand.
    if let Fact::Known(tailnet) = &mut host.tailnet {
        tailnet.accepts_routes = false;
    }
    assert_eq!(settings(&accepting(), &host)["tailscale accept-routes"], "false");
    assert!(!left(&accepting(), &host).is_empty());
    apply(&mut host, &accepting());
    assert!(accepts(&host));
    apply(&mut host, &intent());
    assert!(!accepts(&host), "it is no longer wanted");
    apply(&mut host, &accepting());
    put_back(&mut host);
    assert!(!accepts(&host));
}

#[test]
fn a_host_in_no_tailnet_is_told_where_it_is_wanted() {
    let refused = plan(&accepting(), &Observed { tailnet: Fact::Absent, ..host() }).unwrap_err();
    assert_eq!(
        (refused[0].code, refused[0].path.join(".")),
        ("PF-TAILSCALE", "tailscale".to_owned())
    );
    assert!(plan(&intent(), &Observed { tailnet: Fact::Absent, ..host() }).is_ok());
}
