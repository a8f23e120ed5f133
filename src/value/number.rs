//! Decimal numbers: reading, order, sums; checked, 28 digits (semantics S1.2).

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;

/// Places behind the point of an average or a quotient.
const PLACES: u32 = 12;

/// A decimal, in the small form wherever its digits fit 64 bits, without trailing zeros: equal numbers have equal
/// forms.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Number {
    /// `mantissa / 10^scale`
    Small {
        /// The digits.
        mantissa: i64,
        /// How many stand behind the point; at most 28.
        scale: u8,
    },
    /// What doesn't fit.
    Big(Decimal),
}

impl Number {
    /// A whole number.
    pub const fn whole(mantissa: i64) -> Self {
        Self::Small { mantissa, scale: 0 }
    }

    /// The number as a decimal.
    pub fn decimal(self) -> Decimal {
        match self {
            Self::Small { mantissa, scale } => Decimal::new(mantissa, u32::from(scale).min(28)),
            Self::Big(decimal) => decimal,
        }
    }
}

impl From<Decimal> for Number {
    fn from(decimal: Decimal) -> Self {
        let (mut mantissa, mut scale) = (decimal.mantissa(), decimal.scale());
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        match (i64::try_from(mantissa), u8::try_from(scale)) {
            (Ok(mantissa), Ok(scale)) => Self::Small { mantissa, scale },
            _ => Self::Big(decimal.normalize()),
        }
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Small { mantissa: a, scale: x }, Self::Small { mantissa: b, scale: y }) => {
                small_order((*a, *x), (*b, *y)).unwrap_or_else(|| self.decimal().cmp(&other.decimal()))
            }
            _ => self.decimal().cmp(&other.decimal()),
        }
    }
}

/// The order of two small numbers, unless one has very many more places than the other.
#[inline]
fn small_order((a, x): (i64, u8), (b, y): (i64, u8)) -> Option<Ordering> {
    // 64 bits times 10^19 are less than 128 bits.
    let widened = |mantissa: i64, places: u8| {
        (places <= 19).then(|| i128::from(mantissa) * 10_i128.pow(u32::from(places)))
    };
    Some(match x.cmp(&y) {
        Ordering::Equal => a.cmp(&b),
        Ordering::Less => widened(a, y - x)?.cmp(&b.into()),
        Ordering::Greater => i128::from(a).cmp(&widened(b, x - y)?),
    })
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.decimal().fmt(f)
    }
}

/// Why a text is no number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotNumber {
    /// No decimal number at all (`NaN`, `1e`, `0x1`, an empty text).
    Malformed,
    /// More than 28 digits, or too large.
    TooLong,
}

/// Reads a decimal as JSON writes it, exactly: `-12.50`, `1e3`, `2.5E-3`. Trailing zeros are dropped.
pub fn parse(text: &str) -> Result<Number, NotNumber> {
    if let Some(number) = parse_short(text) {
        return Ok(number);
    }
    let (digits, exponent) = match text.find(['e', 'E']) {
        Some(at) => (text.get(..at).unwrap_or(""), read_exponent(text.get(at + 1..).unwrap_or(""))?),
        None => (text, 0),
    };
    let (mantissa, places) = read_digits(digits)?;
    let scale = i32::try_from(places).map_err(|_| NotNumber::TooLong)? - exponent;
    scaled(mantissa, scale)
}

/// The same for what nearly all numbers are, at most 18 characters without an exponent; `None` for any other text.
fn parse_short(text: &str) -> Option<Number> {
    let (negative, digits) = match text.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        digits => (false, digits),
    };
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    let (mut mantissa, mut point) = (0_i64, None);
    for (at, byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => mantissa = mantissa * 10 + i64::from(byte - b'0'),
            b'.' if point.is_none() && at > 0 && at + 1 < digits.len() => point = Some(at),
            _ => return None,
        }
    }
    let mut scale = point.map_or(0, |at| digits.len() - at - 1) as u8;
    while scale > 0 && mantissa % 10 == 0 {
        (mantissa, scale) = (mantissa / 10, scale - 1);
    }
    Some(Number::Small { mantissa: if negative { -mantissa } else { mantissa }, scale })
}

fn read_exponent(text: &str) -> Result<i32, NotNumber> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NotNumber::Malformed);
    }
    match text.trim_start_matches('+').parse::<i32>() {
        Ok(exponent) if exponent.abs() <= 100 => Ok(exponent),
        _ => Err(NotNumber::TooLong),
    }
}

/// The digits of `-12.50` as a whole number, and how many stand behind the point.
fn read_digits(text: &str) -> Result<(i128, usize), NotNumber> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mut mantissa, mut point, mut count) = (0_i128, None, 0_usize);
    for (at, byte) in rest.bytes().enumerate() {
        match byte {
            b'0'..=b'9' => {
                let next = mantissa.checked_mul(10).and_then(|ten| ten.checked_add(i128::from(byte - b'0')));
                mantissa = next.ok_or(NotNumber::TooLong)?;
                count += 1;
            }
            b'.' if point.is_none() && count > 0 => point = Some(at),
            _ => return Err(NotNumber::Malformed),
        }
    }
    let places = point.map_or(0, |at| rest.len() - at - 1);
    if count == 0 || (point.is_some() && places == 0) {
        return Err(NotNumber::Malformed);
    }
    Ok((if negative { -mantissa } else { mantissa }, places))
}

/// `mantissa / 10^scale` in its normal form.
fn scaled(mut mantissa: i128, mut scale: i32) -> Result<Number, NotNumber> {
    if mantissa == 0 {
        return Ok(Number::whole(0));
    }
    while scale > 0 && mantissa % 10 == 0 {
        mantissa /= 10;
        scale -= 1;
    }
    while scale < 0 {
        mantissa = mantissa.checked_mul(10).ok_or(NotNumber::TooLong)?;
        scale += 1;
    }
    match (i64::try_from(mantissa), u8::try_from(scale)) {
        (Ok(mantissa), Ok(scale)) if scale <= 28 => Ok(Number::Small { mantissa, scale }),
        _ => Decimal::try_from_i128_with_scale(mantissa, scale.unsigned_abs())
            .map(Number::Big)
            .map_err(|_| NotNumber::TooLong),
    }
}

/// `a + b`; `None` on overflow.
pub fn add(a: Decimal, b: Decimal) -> Option<Decimal> {
    a.checked_add(b).map(|sum| sum.normalize())
}

/// `a - b`; `None` on overflow.
pub fn subtract(a: Decimal, b: Decimal) -> Option<Decimal> {
    a.checked_sub(b).map(|difference| difference.normalize())
}

/// `a * b`; `None` on overflow.
pub fn multiply(a: Decimal, b: Decimal) -> Option<Decimal> {
    a.checked_mul(b).map(|product| product.normalize())
}

/// `a / b`, rounded half-even at 12 places; `None` for a division by zero or an overflow.
pub fn divide(a: Decimal, b: Decimal) -> Option<Decimal> {
    let quotient = a.checked_div(b)?;
    Some(quotient.round_dp_with_strategy(PLACES, RoundingStrategy::MidpointNearestEven).normalize())
}

/// The average of `count` numbers with that sum, rounded half-even at 12 places; `None` over nothing.
pub fn average(sum: Decimal, count: u64) -> Option<Decimal> {
    divide(sum, Decimal::from(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        parse(text).ok().map(|number| number.to_string())
    }

    #[test]
    fn json_numbers_are_read_exactly() {
        let cases = [
            ("0", "0"),
            ("-0", "0"),
            ("12.50", "12.5"),
            ("1e3", "1000"),
            ("2.5E-3", "0.0025"),
            ("0.1", "0.1"),
            ("1234567890123456789012345678", "1234567890123456789012345678"),
            ("0.1234567890123456789012345678", "0.1234567890123456789012345678"),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "-", ".5", "1.", "1e", "NaN", "Infinity", "0x1", "1_000", "--1", "1e1e1", "1.2.3"] {
            assert_eq!(parse(text), Err(NotNumber::Malformed), "{text}");
        }
        for text in
            ["1e400", "1e29", "12345678901234567890123456789012345678901234567890", "1e-29", "1e99999999999"]
        {
            assert_eq!(parse(text), Err(NotNumber::TooLong), "{text}");
        }
    }

    #[test]
    fn quotients_are_rounded_half_even_at_12_places() {
        let divided = |a: i64, b: i64| divide(a.into(), b.into()).map(|quotient| quotient.to_string());
        assert_eq!(divided(1, 3).as_deref(), Some("0.333333333333"));
        assert_eq!(divided(5, 10_000_000_000_000).as_deref(), Some("0"));
        assert_eq!(divided(15, 10_000_000_000_000).as_deref(), Some("0.000000000002"));
        assert_eq!(divided(6, 3).as_deref(), Some("2"));
        assert_eq!(divided(1, 0), None);
    }

    #[test]
    fn short_and_long_texts_are_read_alike() {
        for digits in ["0", "5", "120", "12345678901234567", "123456789012345678", "1234567890123456789"] {
            for scale in 0..=digits.len() {
                let text = match digits.split_at(digits.len() - scale) {
                    (whole, "") => whole.to_owned(),
                    ("", part) => format!("0.{part}"),
                    (whole, part) => format!("{whole}.{part}"),
                };
                let long = format!("{text}e0");
                assert_eq!(parse(&text), parse(&long), "{text}");
                assert_eq!(parse(&format!("-{text}")), parse(&format!("-{long}")), "-{text}");
            }
        }
        for text in ["", "-", ".", "1.", ".1", "1..2", "1.2.3", "--1", "+1", "1_0", " 1"] {
            assert_eq!(parse(text), Err(NotNumber::Malformed), "{text}");
        }
    }

    #[test]
    fn overflow_has_no_result() {
        assert_eq!(add(Decimal::MAX, Decimal::ONE), None);
        assert_eq!(multiply(Decimal::MAX, Decimal::TWO), None);
        assert_eq!(subtract(Decimal::MIN, Decimal::ONE), None);
    }

    #[test]
    fn equal_numbers_have_one_form_and_one_order() {
        let number = |text: &str| parse(text).unwrap();
        assert_eq!(number("1.50"), number("1.5"));
        assert_eq!(Number::from(Decimal::new(150, 2)), number("1.5"));
        assert!(number("1.5") < number("1.51"));
        assert!(number("2") > number("1.51") && number("-2") < number("-1.51"));
        assert!(number("9223372036854775807") > number("0.0000000000000000000000000001"));
        assert!(number("9223372036854775807") > number("0.0000000000000000001"));
        assert!(number("-9223372036854775807") < number("-0.0000000000000000001"));
        assert!(number("-3") < number("12345678901234567890"));
    }
}
