//! The API of a tailnet's control server: the provider's configuration.

use operate::ssh::Secret;
use operate::{ControlServer, TailscaleApi};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tfplugin::attribute::required;
use tfplugin::{Diagnostic, Path, Tf};

use crate::model::{atoms, whole};

/// The API of the control server of the hosts' tailnet. With it, members of a cluster with an endpoint of the kind
/// `tailscale` see to it that their hosts may serve its route; other routes of theirs are left as they are.
/// Hosts ask it by curl, which reads the key from its standard input.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub struct TailscaleApiModel {
    /// Whose control server it is: `tailscale` (default) or `headscale`.
    pub server: Tf<Server>,
    /// Where it is, as the hosts reach it, such as `https://headscale.example.com`. Default is Tailscale's own,
    /// `https://api.tailscale.com`; needed for `headscale`.
    pub url: Tf<String>,
    /// A key that may write the routes of hosts: at Tailscale an access token with the scope `devices:routes`.
    #[schemars(extend("x-tf" = required().sensitive()))]
    pub key: Tf<String>,
}

/// Whose control server it is.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Server {
    /// Tailscale's own.
    Tailscale,
    /// Headscale.
    Headscale,
}

atoms!(Server);
whole! {
    TailscaleApiModel { server, url, key }
}

const OWN: &str = "https://api.tailscale.com";

/// What asks the API; `None` where none is configured.
pub(crate) fn tailscale_api(config: &Tf<TailscaleApiModel>) -> Option<TailscaleApi> {
    let TailscaleApiModel { server, url, key } = config.known()?;
    Some(TailscaleApi {
        kind: match server.known() {
            Some(Server::Headscale) => ControlServer::Headscale,
            Some(Server::Tailscale) | None => ControlServer::Tailscale,
        },
        url: url.known().cloned().unwrap_or_else(|| OWN.to_owned()),
        key: Secret::new(key.known().cloned().unwrap_or_default()),
    })
}

/// Every contradiction, at its place.
pub(crate) fn validate(config: &Tf<TailscaleApiModel>) -> Vec<Diagnostic> {
    let Some(TailscaleApiModel { server, url, .. }) = config.known() else { return Vec::new() };
    let path = Path::of(["tailscale_api", "url"]);
    let is_headscale = server.known() == Some(&Server::Headscale);
    let text = url.known().map(String::as_str);
    let found = match text {
        None if is_headscale && url.is_null() => Diagnostic::error("the API's url is missing")
            .detail("Every Headscale has its own: give the address of the control server."),
        Some(text) if text.starts_with("https://") => return Vec::new(),
        Some(text) if text.starts_with("http://") => Diagnostic::warning(
            "the API's key goes over the network unprotected",
        )
        .detail(format!("{text} is not encrypted. Use https where others share the network.")),
        Some(text) => Diagnostic::error(format!("{text:?} is no address of an API"))
            .detail("Write it like https://headscale.example.com."),
        None => return Vec::new(),
    };
    vec![found.at(path)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(server: Option<Server>, url: Option<&str>) -> Tf<TailscaleApiModel> {
        Tf::Known(TailscaleApiModel {
            server: server.into(),
            url: url.map(str::to_owned).into(),
            key: Tf::Known("secret".to_owned()),
        })
    }

    #[test]
    fn every_headscale_has_an_address_of_its_own() {
        let errors = |server, url| {
            let found = validate(&model(server, url));
            found
                .iter()
                .map(|it| (it.is_error(), it.path == Path::of(["tailscale_api", "url"])))
                .collect::<Vec<_>>()
        };
        assert_eq!(errors(None, None), []);
        assert_eq!(errors(Some(Server::Headscale), None), [(true, true)]);
        assert_eq!(errors(Some(Server::Headscale), Some("https://h.example")), []);
        assert_eq!(errors(None, Some("h.example")), [(true, true)]);
        assert_eq!(errors(None, Some("http://10.0.0.1:8080")), [(false, true)]);
        assert!(validate(&Tf::Null).is_empty() && validate(&Tf::Unknown).is_empty());
    }

    #[test]
    fn tailscales_own_api_is_the_default() {
        let api = tailscale_api(&model(None, None)).unwrap();
        assert_eq!((api.kind, api.url.as_str()), (ControlServer::Tailscale, OWN));
        assert!(!format!("{api:?}").contains("secret"), "{api:?}");
        assert!(tailscale_api(&Tf::Null).is_none());
    }
}
