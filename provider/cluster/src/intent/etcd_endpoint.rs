use std::fmt;
use std::net::Ipv6Addr;

/// One server of etcd as clients reach it, such as `https://10.0.0.5:2379`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EtcdEndpoint {
    /// How clients speak to it.
    pub transport: EtcdTransport,
    /// Name or address, in lower case and without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
}

/// How clients speak to a server of etcd.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EtcdTransport {
    /// In the clear: `http`.
    Plain,
    /// Encrypted, and both sides show a certificate: `https`.
    Tls,
}

impl EtcdEndpoint {
    /// Reads `http(s)://HOST:PORT`; whether the host may be one is left to the checks.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (transport, authority) = match text.split_once("://")? {
            ("http", authority) => (EtcdTransport::Plain, authority),
            ("https", authority) => (EtcdTransport::Tls, authority),
            _ => return None,
        };
        let (host, port) = authority.rsplit_once(':')?;
        Some(Self { transport, host: host_of(host)?, port: port_of(port)? })
    }

    /// `HOST:PORT`, an IPv6 address in brackets: the same for all spellings of one server.
    #[must_use]
    pub fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Display for EtcdEndpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.transport {
            EtcdTransport::Plain => "http",
            EtcdTransport::Tls => "https",
        };
        write!(formatter, "{scheme}://{}", self.authority())
    }
}

fn host_of(text: &str) -> Option<String> {
    if let Some(bracketed) = text.strip_prefix('[') {
        let address: Ipv6Addr = bracketed.strip_suffix(']')?.parse().ok()?;
        return Some(address.to_string());
    }
    // Without brackets nobody can tell where an IPv6 address ends and the port begins.
    (!text.is_empty() && !text.contains(':')).then(|| text.to_ascii_lowercase())
}

/// A number as it is written back: without sign and leading zeros.
fn port_of(text: &str) -> Option<u16> {
    let port = text.parse().ok().filter(|port| *port > 0)?;
    (u16::to_string(&port) == text).then_some(port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_server_has_one_spelling() {
        for (text, written) in [
            ("https://10.0.0.5:2379", "https://10.0.0.5:2379"),
            ("http://Etcd.Example.org:80", "http://etcd.example.org:80"),
            ("https://[fd00:0::5]:2379", "https://[fd00::5]:2379"),
        ] {
            assert_eq!(EtcdEndpoint::parse(text).unwrap().to_string(), written);
        }
    }

    #[test]
    fn what_is_no_endpoint_is_not_read() {
        for text in [
            "",
            "10.0.0.5:2379",
            "https://",
            "https://:2379",
            "https://10.0.0.5",
            "https://10.0.0.5:",
            "https://10.0.0.5:0",
            "https://10.0.0.5:02379",
            "https://10.0.0.5:+2379",
            "https://10.0.0.5:65536",
            "https://10.0.0.5:2379/",
            "https://10.0.0.5:2379?a",
            "https://fd00::5:2379",
            "https://[10.0.0.5]:2379",
            "HTTPS://10.0.0.5:2379",
            "unix://etcd:1",
        ] {
            assert_eq!(EtcdEndpoint::parse(text), None, "{text}");
        }
    }
}
