//! Who we are among all who may change a control plane.

use std::process::{Command, id};

/// Longest part of a name that is told to others.
const LONGEST: usize = 64;

/// What we hold a turn as: enough for a user to find the other apply, and a random part, so that
/// neither two processes nor two operators in one are ever taken for each other.
pub(crate) fn holder() -> String {
    let random: u32 = rand::random();
    format!("{}@{} pid {} ({random:08x})", user(), hostname(), id())
}

/// The environment says it on all platforms, under different names.
fn user() -> String {
    let user = ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(variable);
    user.unwrap_or_else(|| "unknown".to_owned())
}

/// Linux has it in a file, Windows in the environment, and everything else has a command.
fn hostname() -> String {
    let file = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    file.and_then(|text| plain(&text))
        .or_else(|| variable("COMPUTERNAME"))
        .or_else(|| {
            plain(&String::from_utf8_lossy(&Command::new("hostname").output().ok()?.stdout))
        })
        .unwrap_or_else(|| "unknown".to_owned())
}

fn variable(name: &str) -> Option<String> {
    plain(&std::env::var(name).ok()?)
}

/// One word without anything that breaks a line, on which files and messages rely.
fn plain(text: &str) -> Option<String> {
    let printable = |letter: &char| !letter.is_control() && !letter.is_whitespace();
    let text: String = text.chars().filter(printable).take(LONGEST).collect();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_holders_are_never_the_same() {
        let (one, other) = (holder(), holder());
        assert_ne!(one, other);
        assert!(one.contains(&format!(" pid {} (", id())), "{one}");
        assert!(one.split_once(' ').is_some_and(|(who, _)| who.contains('@')), "{one}");
    }

    #[test]
    fn a_name_is_one_short_word() {
        assert_eq!(plain("a b\nc\u{1b}\n").as_deref(), Some("abc"));
        assert_eq!(plain(&"x".repeat(500)).map(|name| name.len()), Some(LONGEST));
        assert_eq!(plain(" \n"), None);
    }
}
