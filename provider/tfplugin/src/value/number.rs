//! Numbers of any size, kept exactly.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Name by which [`Number`] and the coders of this crate know each other.
pub(crate) const NUMBER: &str = "$tfplugin::Number";
/// Beyond this the digits written out would fill the memory.
const LARGEST_EXPONENT: i64 = 10_000;

/// A decimal number of any size and precision.
///
/// Equal numbers are equal however they were written: `1`, `1.0` and `10e-1` are one value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number {
    negative: bool,
    /// Without zeros at either end; empty for zero.
    digits: String,
    /// The value is `digits * 10^exponent`.
    exponent: i64,
}

/// Why a text is no number.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0:?} is not a number")]
pub struct ParseNumberError(String);

impl Number {
    fn canonical(negative: bool, digits: &str, exponent: i64) -> Self {
        let leading = digits.trim_start_matches('0');
        let kept = leading.trim_end_matches('0');
        if kept.is_empty() {
            return Self { negative: false, digits: String::new(), exponent: 0 };
        }
        let dropped = i64::try_from(leading.len() - kept.len()).unwrap_or(i64::MAX);
        Self { negative, digits: kept.to_owned(), exponent: exponent.saturating_add(dropped) }
    }

    /// The number that this float stands for, to the last bit; `None` if it is not finite.
    #[must_use]
    pub fn from_f64(float: f64) -> Option<Self> {
        // 1074 places are enough for the smallest float there is.
        let exact = format!("{float:.1074}");
        exact.parse().ok()
    }

    /// The number as a whole number, if it is one of this size.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        self.as_whole()?.parse().ok()
    }

    /// The number as a whole number, if it is one of this size.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        self.as_whole()?.parse().ok()
    }

    fn as_whole(&self) -> Option<String> {
        (0..20).contains(&self.exponent).then(|| self.to_string())
    }

    /// The nearest float.
    #[must_use]
    pub fn to_f64(&self) -> f64 {
        self.scientific().parse().unwrap_or(f64::NAN)
    }

    /// The float that stands for exactly this number, if there is one.
    #[must_use]
    pub fn as_exact_f64(&self) -> Option<f64> {
        let float = self.to_f64();
        (Self::from_f64(float).as_ref() == Some(self)).then_some(float)
    }

    fn scientific(&self) -> String {
        let digits = if self.digits.is_empty() { "0" } else { &self.digits };
        format!("{}{digits}e{}", self.sign(), self.exponent)
    }

    fn sign(&self) -> &'static str {
        if self.negative { "-" } else { "" }
    }

    fn plain(&self) -> String {
        let zeros = usize::try_from(self.exponent.unsigned_abs()).unwrap_or(usize::MAX);
        if self.exponent >= 0 {
            return format!("{}{}", self.digits, "0".repeat(zeros));
        }
        let padded = format!("{:0>width$}", self.digits, width = zeros.saturating_add(1));
        let (whole, fraction) = padded.split_at(padded.len() - zeros);
        format!("{whole}.{fraction}")
    }
}

/// Reads `-12.5e3` and the like.
impl FromStr for Number {
    type Err = ParseNumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).ok_or_else(|| ParseNumberError(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<Number> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let exponent = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?;
    let number = Number::canonical(negative, &digits, exponent);
    (number.exponent.abs() <= LARGEST_EXPONENT).then_some(number)
}

impl From<i64> for Number {
    fn from(number: i64) -> Self {
        Self::canonical(number < 0, &number.unsigned_abs().to_string(), 0)
    }
}

impl From<u64> for Number {
    fn from(number: u64) -> Self {
        Self::canonical(false, &number.to_string(), 0)
    }
}

/// Written out for sizes people read, in scientific form beyond.
impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.digits.is_empty() {
            formatter.write_str("0")
        } else if self.exponent.abs() > 400 {
            formatter.write_str(&self.scientific())
        } else {
            write!(formatter, "{}{}", self.sign(), self.plain())
        }
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(NUMBER, &self.to_string())
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(NUMBER, NumberVisitor)
    }
}

struct NumberVisitor;

impl<'de> serde::de::Visitor<'de> for NumberVisitor {
    type Value = Number;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a number")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Number, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Number, E> {
        Ok(number.into())
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Number, E> {
        Ok(number.into())
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Number, E> {
        number.to_string().parse().map_err(E::custom)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Number, D::Error> {
        inner.deserialize_any(self)
    }
}

impl schemars::JsonSchema for Number {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Number".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "number" })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number(text: &str) -> Number {
        text.parse().unwrap()
    }

    #[test]
    fn one_value_has_one_form() {
        for text in ["1", "1.0", "10e-1", "0.1e1", "+1", "001"] {
            assert_eq!(number(text), number("1"), "{text}");
        }
        assert_eq!(number("-0"), number("0"));
        assert_ne!(number("-1"), number("1"));
    }

    #[test]
    fn numbers_are_written_out() {
        let cases = ["0", "-1", "0.1", "-12.5", "1200", "123456789012345678901234567890.5"];
        for text in cases {
            assert_eq!(number(text).to_string(), text);
        }
        assert_eq!(number("1e3").to_string(), "1000");
        assert_eq!(number("25e-4").to_string(), "0.0025");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "-", ".", "1.2.3", "0x1", "1e", "NaN", "inf", "1e99999999999"] {
            assert!(text.parse::<Number>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_float_is_exact_only_if_it_is() {
        assert_eq!(number("0.5").as_exact_f64(), Some(0.5));
        assert_eq!(number("0.1").as_exact_f64(), None);
        assert_eq!(number("9007199254740993").as_exact_f64(), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn whole_numbers_come_back(value: i64) {
            prop_assert_eq!(Number::from(value).as_i64(), Some(value));
            prop_assert_eq!(number(&value.to_string()), Number::from(value));
        }

        #[test]
        fn floats_come_back(value in proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL) {
            let exact = Number::from_f64(value).unwrap();
            prop_assert_eq!(exact.as_exact_f64(), Some(value));
            prop_assert_eq!(exact.to_string().parse::<Number>().unwrap(), exact);
        }
    }
}
