//! Durations as the rest of the ecosystem writes them: `90s`, `5m`, `1h30m`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::Tf;

/// A duration together with its text, which is kept as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoDuration {
    text: String,
    duration: Duration,
}

/// Why a text is no duration.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{text:?} is not a duration such as \"90s\", \"5m\" or \"1h30m\"")]
pub struct ParseDurationError {
    text: String,
}

impl GoDuration {
    /// The duration itself.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.duration
    }
}

impl FromStr for GoDuration {
    type Err = ParseDurationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseDurationError { text: text.to_owned() };
        Ok(Self { duration: parse(text).ok_or_else(error)?, text: text.to_owned() })
    }
}

/// `None` for anything that is not a sum of numbers with units. Negative ones make no sense here.
fn parse(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    let mut total = if rest.is_empty() { None } else { Some(0.0) };
    while !rest.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (value, after) = rest.split_at(number);
        let unit_end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_end);
        total = Some(total? + value.parse::<f64>().ok()? * seconds(unit)?);
        rest = after;
    }
    Duration::try_from_secs_f64(total?).ok()
}

fn seconds(unit: &str) -> Option<f64> {
    match unit {
        "ns" => Some(1e-9),
        "us" | "µs" | "μs" => Some(1e-6),
        "ms" => Some(1e-3),
        "s" => Some(1.0),
        "m" => Some(60.0),
        "h" => Some(3600.0),
        _ => None,
    }
}

impl From<Duration> for GoDuration {
    fn from(duration: Duration) -> Self {
        Self { text: format(duration), duration }
    }
}

fn format(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let units = [
        (seconds / 3600, "h"),
        (seconds / 60 % 60, "m"),
        (seconds % 60, "s"),
        (u64::from(duration.subsec_millis()), "ms"),
    ];
    let parts: Vec<String> = units
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count}{unit}"))
        .collect();
    if parts.is_empty() { "0s".to_owned() } else { parts.concat() }
}

impl fmt::Display for GoDuration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl Serialize for GoDuration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for GoDuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for GoDuration {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "GoDuration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": r"^\+?([0-9]*(\.[0-9]*)?(ns|us|µs|ms|s|m|h))+$|^0$",
        })
    }
}

/// How long the operations may take.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub struct Timeouts {
    /// How long making the object may take, for example `10m`.
    pub create: Tf<GoDuration>,
    /// How long looking at the object may take, for example `30s`.
    pub read: Tf<GoDuration>,
    /// How long changing the object may take, for example `10m`.
    pub update: Tf<GoDuration>,
    /// How long removing the object may take, for example `10m`.
    pub delete: Tf<GoDuration>,
}

impl Tf<Timeouts> {
    /// The time for making, or the default.
    #[must_use]
    pub fn create(&self, default: Duration) -> Duration {
        self.pick(|timeouts| &timeouts.create, default)
    }

    /// The time for looking, or the default.
    #[must_use]
    pub fn read(&self, default: Duration) -> Duration {
        self.pick(|timeouts| &timeouts.read, default)
    }

    /// The time for changing, or the default.
    #[must_use]
    pub fn update(&self, default: Duration) -> Duration {
        self.pick(|timeouts| &timeouts.update, default)
    }

    /// The time for removing, or the default.
    #[must_use]
    pub fn delete(&self, default: Duration) -> Duration {
        self.pick(|timeouts| &timeouts.delete, default)
    }

    fn pick(&self, which: fn(&Timeouts) -> &Tf<GoDuration>, default: Duration) -> Duration {
        self.known()
            .and_then(|timeouts| which(timeouts).known())
            .map_or(default, GoDuration::duration)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        let cases = [
            ("0", 0),
            ("90s", 90_000),
            ("1h30m", 5_400_000),
            ("1.5h", 5_400_000),
            ("+2m0.25s", 120_250),
            ("100ms", 100),
            (".5s", 500),
        ];
        for (text, milliseconds) in cases {
            let parsed: GoDuration = text.parse().unwrap();
            assert_eq!(parsed.duration(), Duration::from_millis(milliseconds), "{text}");
            assert_eq!(parsed.to_string(), text);
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "+", "5", "5 m", "m", "-5m", "1d", "1h30", "..s", "1e9h"] {
            assert!(text.parse::<GoDuration>().is_err(), "{text}");
        }
    }

    #[test]
    fn durations_are_written_as_people_write_them() {
        let cases = [(0, "0s"), (90_000, "1m30s"), (3_600_000, "1h"), (1_500, "1s500ms")];
        for (milliseconds, text) in cases {
            let duration = Duration::from_millis(milliseconds);
            assert_eq!(GoDuration::from(duration).to_string(), text);
            assert_eq!(text.parse::<GoDuration>().unwrap().duration(), duration);
        }
    }
}
