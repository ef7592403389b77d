//! Durations and byte sizes: text in, value out.

use std::time::Duration;

/// Nanoseconds of a duration in Go's form: numbers with a unit in a row, such as `1h30m` or
/// `1.5s`. Days and weeks are understood as well.
pub(crate) fn nanoseconds(text: &str) -> Option<i64> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: i64 = 0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let number = &rest[..end];
        rest = &rest[end..];
        let end = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        let unit: i64 = match &rest[..end] {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            "d" => 86_400_000_000_000,
            "w" => 604_800_000_000_000,
            _ => return None,
        };
        rest = &rest[end..];
        total = total.checked_add(times(number, unit)?)?;
    }
    Some(if negative { -total } else { total })
}

/// A number such as `2`, `1.5` or `.5` times a unit. Digits that are too fine for the unit count
/// for nothing; a whole part is never rounded.
fn times(number: &str, unit: i64) -> Option<i64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let has_digits = !(whole.is_empty() && fraction.is_empty());
    if !has_digits || fraction.contains('.') {
        return None;
    }
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let (mut digits, mut scale) = (0i64, 1.0f64);
    for digit in fraction.bytes() {
        // More digits than fit change nothing that could be seen.
        let Some(longer) =
            digits.checked_mul(10).and_then(|d| d.checked_add((digit - b'0').into()))
        else {
            break;
        };
        digits = longer;
        scale *= 10.0;
    }
    whole.checked_mul(unit)?.checked_add((digits as f64 * (unit as f64 / scale)) as i64)
}

/// A duration that is not negative.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    u64::try_from(nanoseconds(text)?).ok().map(Duration::from_nanos)
}

/// A duration as Go prints it: `1m30s`, `1.5s`, `200ms`, `0s`.
pub(crate) fn duration_text(nanoseconds: i64) -> String {
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let n = nanoseconds.unsigned_abs();
    let fraction = |unit: u64, name: &str| {
        let text = format!("{:09}", (n % unit) * (1_000_000_000 / unit));
        let digits = text.trim_end_matches('0');
        let point = if digits.is_empty() { "" } else { "." };
        (n / unit, format!("{point}{digits}{name}"))
    };
    match n {
        0 => "0s".to_string(),
        1..1_000 => format!("{sign}{n}ns"),
        1_000..1_000_000 => {
            let (whole, rest) = fraction(1_000, "µs");
            format!("{sign}{whole}{rest}")
        }
        1_000_000..1_000_000_000 => {
            let (whole, rest) = fraction(1_000_000, "ms");
            format!("{sign}{whole}{rest}")
        }
        _ => {
            let (seconds, rest) = fraction(1_000_000_000, "s");
            let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
            let mut result = sign.to_string();
            if hours > 0 {
                result += &format!("{hours}h");
            }
            if seconds >= 60 {
                result += &format!("{minutes}m");
            }
            result + &format!("{}{rest}", seconds % 60)
        }
    }
}

/// Bytes of a size such as `64m`, `1.5gb` or `512`. Units are powers of 1024, `kib` and the like
/// included. `-1` stands for no limit.
pub(crate) fn bytes(text: &str) -> Option<i64> {
    let text = text.trim();
    if text == "-1" {
        return Some(-1);
    }
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let number: f64 = text[..end].parse().ok()?;
    let shift = match text[end..].trim_start().to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        "t" | "tb" | "tib" => 40,
        "p" | "pb" | "pib" => 50,
        _ => return None,
    };
    let value = number * (1u64 << shift) as f64;
    (value < i64::MAX as f64).then_some(value as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_printed_as_go_does() {
        let cases = [
            ("90s", "1m30s"),
            ("1d", "24h0m0s"),
            ("1h", "1h0m0s"),
            ("1.5s", "1.5s"),
            ("1500ms", "1.5s"),
            ("0", "0s"),
            ("200ms", "200ms"),
            ("1h1m1s", "1h1m1s"),
            ("1w", "168h0m0s"),
            ("15us", "15µs"),
            ("7ns", "7ns"),
            ("-5s", "-5s"),
        ];
        for (text, expected) in cases {
            assert_eq!(nanoseconds(text).map(duration_text).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "1", "s", "1x", "1s2", "9999999999h"] {
            assert_eq!(nanoseconds(text), None, "{text}");
        }
        assert_eq!(duration("-5s"), None);
    }

    #[test]
    fn byte_sizes_use_powers_of_1024() {
        let cases = [
            ("1.5g", Some(1_610_612_736)),
            ("64m", Some(64 << 20)),
            ("512", Some(512)),
            ("1 KiB", Some(1024)),
            ("10b", Some(10)),
            ("-1", Some(-1)),
            ("x", None),
            ("1x", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(bytes(text), expected, "{text}");
        }
    }
}
