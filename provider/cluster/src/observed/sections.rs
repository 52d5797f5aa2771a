//! The probe's output: sections of `@KEY STATUS LENGTH`, a line feed, LENGTH bytes, a line feed.
//!
//! Lengths stand before the values, so that no value can pretend to be a section and output that
//! ends early is noticed: what is missing is unreadable, never absent.

use super::Fact;
use std::collections::BTreeMap;

/// Key of the last section: without it the output is incomplete.
pub(super) const END: &str = "end";

/// The probe's output, cut into its sections.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sections {
    values: BTreeMap<String, Fact<String>>,
    complete: bool,
}

impl Sections {
    /// Cuts the output; takes any bytes and keeps what could be read.
    #[must_use]
    pub fn parse(output: &[u8]) -> Self {
        let mut sections = Self::default();
        let mut rest = output;
        while let Some((key, fact, remaining)) = section(rest) {
            rest = remaining;
            if key == END {
                sections.complete = true;
                break;
            }
            sections.values.insert(key, fact);
        }
        sections
    }

    /// Whether the output reached its end.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// The value of one section.
    #[must_use]
    pub fn text(&self, key: &str) -> Fact<String> {
        match self.values.get(key) {
            Some(fact) => fact.clone(),
            None if self.complete => Fact::Unreadable("not looked at".to_owned()),
            None => Fact::Unreadable("the host's answer ended early".to_owned()),
        }
    }

    /// The value of one section without surrounding white space; an empty one is absent.
    #[must_use]
    pub fn word(&self, key: &str) -> Fact<String> {
        self.text(key).and_then(|text| match text.trim() {
            "" => Fact::Absent,
            word => Fact::Known(word.to_owned()),
        })
    }

    /// All sections whose key begins with `prefix`, by the rest of the key.
    pub fn below<'s>(
        &'s self,
        prefix: &'s str,
    ) -> impl Iterator<Item = (&'s str, &'s Fact<String>)> {
        self.values.iter().filter_map(move |(key, fact)| Some((key.strip_prefix(prefix)?, fact)))
    }
}

fn section(text: &[u8]) -> Option<(String, Fact<String>, &[u8])> {
    let header_end = text.iter().position(|byte| *byte == b'\n')?;
    let (header, rest) = text.split_at_checked(header_end)?;
    let header = std::str::from_utf8(header).ok()?.strip_prefix('@')?;
    let mut words = header.rsplitn(3, ' ');
    let length: usize = words.next()?.parse().ok()?;
    let status = words.next()?;
    let key = words.next()?.to_owned();
    let (value, rest) = rest.get(1..)?.split_at_checked(length)?;
    let rest = rest.strip_prefix(b"\n")?;
    Some((key, fact(status, value), rest))
}

fn fact(status: &str, value: &[u8]) -> Fact<String> {
    match status {
        "0" => Fact::Known(String::from_utf8_lossy(value).into_owned()),
        "absent" => Fact::Absent,
        "binary" => Fact::Unreadable("not a text file".to_owned()),
        "large" => Fact::Unreadable("too large to be read".to_owned()),
        "124" => Fact::Unreadable("the command did not answer in time".to_owned()),
        "127" => Fact::Unreadable("the command is not installed".to_owned()),
        status => Fact::Unreadable(format!("the command failed with status {status}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sections_are_cut_by_length() {
        let output =
            b"@os 0 6\n@b 0 1\n@b absent 0\n\n@c 124 0\n\n@file:/a b 0 2\nx\n\n@end 0 0\n\n";
        let sections = Sections::parse(output);
        assert!(sections.is_complete());
        assert_eq!(sections.text("os"), Fact::Known("@b 0 1".to_owned()));
        assert_eq!(sections.text("b"), Fact::Absent);
        assert!(sections.text("c").is_unreadable());
        assert_eq!(sections.text("file:/a b"), Fact::Known("x\n".to_owned()));
        assert_eq!(sections.text("none"), Fact::Unreadable("not looked at".to_owned()));
    }

    proptest! {
        #[test]
        fn half_read_output_is_unreadable_never_absent(cut in 0_usize..40) {
            let output = b"@a 0 3\nabc\n@b 0 4\nabcd\n@end 0 0\n\n";
            let whole = Sections::parse(output);
            let half = Sections::parse(&output[..cut.min(output.len())]);
            for key in ["a", "b"] {
                let found = half.text(key);
                prop_assert!(found == whole.text(key) || found.is_unreadable());
            }
        }

        #[test]
        fn any_bytes_are_read(output in proptest::collection::vec(any::<u8>(), 0..200)) {
            let sections = Sections::parse(&output);
            prop_assert!(!sections.text("x").is_absent() || sections.is_complete() || !output.is_empty());
        }
    }
}
