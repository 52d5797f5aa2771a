//! The format of `known_hosts`, as OpenSSH reads it.

use super::key::parse_key;
use super::pattern::matches;
use russh::keys::PublicKey;

/// A line that is about a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// What the line says about its key.
    pub(super) marker: Marker,
    /// The key.
    pub(super) key: PublicKey,
    /// File and line number, for messages.
    pub(super) place: String,
}

/// What a line says about its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marker {
    /// It is the host's.
    Host,
    /// It is an authority's, whose certificates are good for the host.
    Authority,
    /// It must not be accepted.
    Revoked,
}

/// The lines of a file that are about this name, which is in lower case.
///
/// Lines that cannot be understood are passed over: OpenSSH does so, and a file that serves many
/// programs may hold kinds of keys that this one does not know.
pub(super) fn entries(file: &str, text: &str, name: &str) -> Vec<Entry> {
    let lines = text.lines().enumerate();
    lines.filter_map(|(index, line)| entry(file, index + 1, line, name)).collect()
}

fn entry(file: &str, number: usize, line: &str, name: &str) -> Option<Entry> {
    let line = skip_blanks(line);
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let (marker, line) = marker(line)?;
    let (names, rest) = line.split_once(blank)?;
    let key = matches(names, name).then(|| parse_key(skip_blanks(rest))).flatten()?;
    Some(Entry { marker, key, place: format!("{file}:{number}") })
}

/// The marker, and what follows it. Two markers, or an unknown one, spoil the line.
fn marker(line: &str) -> Option<(Marker, &str)> {
    if !line.starts_with('@') {
        return Some((Marker::Host, line));
    }
    let (word, rest) = line.split_once(blank)?;
    let marker = match word {
        "@cert-authority" => Marker::Authority,
        "@revoked" => Marker::Revoked,
        _ => return None,
    };
    let rest = skip_blanks(rest);
    (!rest.starts_with('@')).then_some((marker, rest))
}

fn blank(letter: char) -> bool {
    letter == ' ' || letter == '\t'
}

fn skip_blanks(text: &str) -> &str {
    text.trim_start_matches(blank)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEY: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB9dG4kjRhQTtWTVzd2t27+t0DEHBPW7iOD23TUiYLio";

    fn markers(line: &str) -> Vec<Marker> {
        entries("f", line, "host").into_iter().map(|entry| entry.marker).collect()
    }

    #[test]
    fn lines() {
        let host = vec![Marker::Host];
        for (line, expected) in [
            (format!("host {KEY}"), host.clone()),
            (format!("  host\t{KEY} a comment # more"), host.clone()),
            (format!("host {}\tcomment", KEY.replace(' ', "\t")), host.clone()),
            (format!("@revoked host {KEY}"), vec![Marker::Revoked]),
            (format!("@cert-authority\thost {KEY}"), vec![Marker::Authority]),
            (format!("@revoked @cert-authority host {KEY}"), vec![]),
            (format!("@other host {KEY}"), vec![]),
            (format!("# host {KEY}"), vec![]),
            (format!("other {KEY}"), vec![]),
            (format!("host {}", KEY.replace("ed25519 ", "rsa ")), vec![]),
            ("host ssh-ed25519".to_owned(), vec![]),
            ("host".to_owned(), vec![]),
            (String::new(), vec![]),
            (format!("host {KEY}\r\nhost {KEY}"), vec![Marker::Host, Marker::Host]),
        ] {
            assert_eq!(markers(&line), expected, "{line}");
        }
    }

    #[test]
    fn the_place_is_the_line() {
        let text = format!("# first\n\nother {KEY}\nhost {KEY}\n");
        let places: Vec<String> =
            entries("~/k", &text, "host").into_iter().map(|entry| entry.place).collect();
        assert_eq!(places, ["~/k:4"]);
    }

    proptest! {
        #[test]
        fn anything_parses(text in "(.|[@|!,* \t\n]){0,120}") {
            let _ = entries("f", &text, "host");
        }

        #[test]
        fn a_line_does_not_depend_on_its_neighbours(noise in "[ -~\t]{0,60}") {
            prop_assume!(!entries("f", &noise, "host").iter().any(|_| true));
            let text = format!("{noise}\nhost {KEY}\n{noise}");
            prop_assert_eq!(entries("f", &text, "host").len(), 1);
        }
    }
}
