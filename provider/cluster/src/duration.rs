//! Durations as Kubernetes writes them: `30s`, `1h30m`, `1.5h`.

use std::time::Duration;

/// Why a text is no duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a duration such as 30s, 5m or 1h30m")]
pub struct DurationError(String);

/// Reads a duration as Kubernetes writes it: one or more numbers, each with its unit
/// (`h`, `m`, `s`, `ms`, `us`, `ns`), or `0`. Negative durations are refused.
///
/// # Errors
/// When the text is of another form or too long for a duration.
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    sum_of_terms(text).ok_or_else(|| DurationError(text.to_owned()))
}

fn sum_of_terms(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut total = Duration::ZERO;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let (term, after) = leading_term(rest)?;
        total = total.checked_add(term)?;
        rest = after;
    }
    Some(total)
}

fn leading_term(text: &str) -> Option<(Duration, &str)> {
    let number_end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, rest) = text.split_at(number_end);
    let unit_end = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
    let (unit, after) = rest.split_at(unit_end);
    Some((scaled(number, unit)?, after))
}

fn scaled(number: &str, unit: &str) -> Option<Duration> {
    let nanoseconds: u128 = match unit {
        "ns" => 1,
        "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let whole = digits(whole)?.checked_mul(nanoseconds)?;
    let total = whole.checked_add(fraction_of(fraction, nanoseconds)?)?;
    let seconds = u64::try_from(total / 1_000_000_000).ok()?;
    let rest = u32::try_from(total % 1_000_000_000).ok()?;
    Some(Duration::new(seconds, rest))
}

fn fraction_of(fraction: &str, nanoseconds: u128) -> Option<u128> {
    // No unit is finer than 14 decimal digits of an hour; what follows cannot matter.
    let kept = fraction.get(..fraction.len().min(14))?;
    let scale = 10_u128.checked_pow(u32::try_from(kept.len()).ok()?)?;
    digits(fraction)?;
    Some(digits(kept)?.checked_mul(nanoseconds)? / scale)
}

fn digits(text: &str) -> Option<u128> {
    if text.is_empty() {
        return Some(0);
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_are_read() {
        let cases = [
            ("0", 0),
            ("0s", 0),
            ("30s", 30_000),
            ("1h30m", 5_400_000),
            ("1.5h", 5_400_000),
            ("8760h", 31_536_000_000),
            ("1m0.5s", 60_500),
            ("250ms", 250),
            (".5s", 500),
            ("1000us", 1),
        ];
        for (text, milliseconds) in cases {
            let expected = Duration::from_millis(milliseconds);
            assert_eq!(parse_duration(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "5", "s", "-5s", "5 s", "5d", ".s", "1..5s", "1h30", "5S", "é"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn whole_seconds_come_back(seconds in 0_u64..1_000_000_000) {
            let read = parse_duration(&format!("{seconds}s"));
            prop_assert_eq!(read, Ok(Duration::from_secs(seconds)));
        }

        #[test]
        fn any_text_is_answered(text in ".*") {
            let _ = parse_duration(&text);
        }
    }
}
