//! Which names a line of known hosts is about.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

/// Longest pattern that is looked at; OpenSSH's limit.
const PATTERN_LIMIT: usize = 1024;
/// Length of a hashed name's salt and hash.
const HASH_LENGTH: usize = 20;

/// Whether the names field of a line is about this name, as OpenSSH decides it: a hashed name, or
/// patterns of which one matches and no negated one does. The name is in lower case.
pub(super) fn matches(names: &str, name: &str) -> bool {
    match names.strip_prefix('|') {
        Some(hashed) => matches_hash(hashed, name).unwrap_or(false),
        None => matches_list(names, name),
    }
}

/// `1|SALT|HASH`, where the hash is HMAC-SHA1 of the name under the salt.
fn matches_hash(hashed: &str, name: &str) -> Option<bool> {
    let (salt, hash) = hashed.strip_prefix("1|")?.split_once('|')?;
    let salt = STANDARD.decode(salt).ok().filter(|salt| salt.len() == HASH_LENGTH)?;
    let hash = STANDARD.decode(hash).ok().filter(|hash| hash.len() == HASH_LENGTH)?;
    let mut digest = Hmac::<Sha1>::new_from_slice(&salt).ok()?;
    digest.update(name.as_bytes());
    Some(digest.verify_slice(&hash).is_ok())
}

/// Patterns between commas; a negated match ends it all.
fn matches_list(patterns: &str, name: &str) -> bool {
    let mut found = false;
    for pattern in patterns.split(',') {
        let (negated, pattern) = match pattern.strip_prefix('!') {
            Some(pattern) => (true, pattern),
            None => (false, pattern),
        };
        if pattern.len() >= PATTERN_LIMIT {
            return false;
        }
        if matches_pattern(pattern.to_ascii_lowercase().as_bytes(), name.as_bytes()) {
            if negated {
                return false;
            }
            found = true;
        }
    }
    found
}

/// `*` stands for any text, `?` for any one byte. Linear in time: only the last `*` is reconsidered.
fn matches_pattern(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut seen) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(byte) = name.get(seen) {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(wanted) if *wanted == b'?' || wanted == byte => {
                at += 1;
                seen += 1;
            }
            _ => {
                let Some((star_at, star_seen)) = star else { return false };
                star = Some((star_at, star_seen + 1));
                at = star_at + 1;
                seen = star_seen + 1;
            }
        }
    }
    pattern.get(at..).is_some_and(|rest| rest.iter().all(|byte| *byte == b'*'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_and_patterns() {
        for (names, name, expected) in [
            ("host", "host", true),
            ("HOST", "host", true),
            ("host", "hosts", false),
            ("other,host", "host", true),
            ("*", "host", true),
            ("*.lab", "cp1.lab", true),
            ("*.lab", "lab", false),
            ("cp?.lab", "cp1.lab", true),
            ("cp?.lab", "cp12.lab", false),
            ("*.lab,!cp1.lab", "cp1.lab", false),
            ("!cp1.lab,*.lab", "cp1.lab", false),
            ("!cp1.lab,*.lab", "cp2.lab", true),
            ("!cp1.lab", "cp2.lab", false),
            ("[host]:2222", "[host]:2222", true),
            ("[host]:2222", "host", false),
            ("[*.lab]:2222", "[cp1.lab]:2222", true),
            ("", "host", false),
            (",host", "host", true),
            ("|1|JfKTdBh7rNbXkVAQCRp4OQoPfmI=|USECr3SWf1JUPsms5AqfD5QfxkM=", "host", false),
            ("|1|short|USECr3SWf1JUPsms5AqfD5QfxkM=", "host", false),
            ("|2|JfKTdBh7rNbXkVAQCRp4OQoPfmI=|USECr3SWf1JUPsms5AqfD5QfxkM=", "host", false),
        ] {
            assert_eq!(matches(names, name), expected, "{names} for {name}");
        }
    }

    #[test]
    fn an_overlong_pattern_spoils_its_list() {
        let names = format!("host,{}", "a".repeat(PATTERN_LIMIT));
        assert!(!matches(&names, "host"));
    }

    /// The plainest possible definition, to compare with.
    fn slowly(pattern: &[u8], name: &[u8]) -> bool {
        match (pattern.split_first(), name.split_first()) {
            (None, None) => true,
            (Some((b'*', rest)), None) => slowly(rest, name),
            (Some((b'*', rest)), Some((_, shorter))) => {
                slowly(rest, name) || slowly(pattern, shorter)
            }
            (None, Some(_)) | (Some(_), None) => false,
            (Some((wanted, rest)), Some((byte, shorter))) => {
                (*wanted == b'?' || wanted == byte) && slowly(rest, shorter)
            }
        }
    }

    proptest! {
        #[test]
        fn patterns_match_as_defined(pattern in "[ab*?]{0,8}", name in "[ab]{0,8}") {
            let found = matches_pattern(pattern.as_bytes(), name.as_bytes());
            prop_assert_eq!(found, slowly(pattern.as_bytes(), name.as_bytes()));
        }

        #[test]
        fn a_negated_match_always_wins(name in "[a-z]{1,8}", others in "[a-z*?,!]{0,20}") {
            let after = format!("{others},!{name}");
            let before = format!("!{name},{others}");
            prop_assert!(!matches(&after, &name));
            prop_assert!(!matches(&before, &name));
        }

        #[test]
        fn anything_parses(names in ".{0,60}", name in ".{0,20}") {
            let _ = matches(&names, &name);
        }

        #[test]
        fn a_hashed_name_matches_itself_alone(name in "[a-z0-9.:]{1,20}", salt in any::<[u8; 20]>()) {
            let mut digest = Hmac::<Sha1>::new_from_slice(&salt).unwrap();
            digest.update(name.as_bytes());
            let hash = STANDARD.encode(digest.finalize().into_bytes());
            let names = format!("|1|{}|{hash}", STANDARD.encode(salt));
            prop_assert!(matches(&names, &name));
            let other = format!("{name}x");
            prop_assert!(!matches(&names, &other));
        }
    }
}
