//! Does what a plan says of routes.

use crate::error::OperateError;
use crate::site::Site;
use cluster::node::Action;
use cluster::observed::LiveRoute;
use cluster::route::profile_text;
use host::Command;

pub(super) async fn route(site: &Site<'_>, action: &Action) -> Result<(), OperateError> {
    match action {
        Action::ReplaceRoute(route) => {
            let command = ip(route, "replace").args(["proto", "static"]);
            site.require(&format!("set the route to {}", route.entry()), &command).await.map(drop)
        }
        // What keeps the interface's settings may have taken it along.
        Action::DeleteRoute(route) => {
            let intent = format!("remove the route to {}", route.entry());
            site.run(&intent, &ip(route, "delete")).await.map(drop)
        }
        Action::AddProfileRoute { profile, route } => modify(site, profile, route, "+").await,
        Action::RemoveProfileRoute { profile, route } => modify(site, profile, route, "-").await,
        _ => {
            // It may not run any more; whether the route is there is looked at afterwards.
            let reload = Command::new("networkctl").arg("reload");
            site.run("let systemd-networkd read its files", &reload).await.map(drop)
        }
    }
}

fn ip(route: &LiveRoute, verb: &str) -> Command {
    let family = if route.destination.addr().is_ipv4() { "-4" } else { "-6" };
    Command::new("ip").args([family, "route", verb]).args(route.words())
}

/// Without the sign, nmcli would overwrite what else the profile has.
async fn modify(
    site: &Site<'_>,
    profile: &str,
    route: &LiveRoute,
    sign: &str,
) -> Result<(), OperateError> {
    let family = if route.destination.addr().is_ipv4() { "ipv4" } else { "ipv6" };
    let property = format!("{sign}{family}.routes");
    let change = Command::new("nmcli").args(["connection", "modify", "uuid", profile]);
    let change = change.arg(property).arg(profile_text(route));
    site.require(&format!("change NetworkManager's profile {profile}"), &change).await?;
    // The profile may not be in use at the moment.
    let reapply = Command::new("nmcli").args(["device", "reapply", &route.device]);
    let intent = format!("let NetworkManager take up the routes of {}", route.device);
    site.run(&intent, &reapply).await.map(drop)
}
