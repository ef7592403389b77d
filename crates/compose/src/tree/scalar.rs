//! What a plain scalar means. The rules are those of the YAML library that Docker Compose uses,
//! because that is what authors have tested their files with: no `yes`/`no` booleans, no base-60
//! numbers, but `0777` is octal.

use super::node::Data;

/// The value of an unquoted, untagged scalar.
pub(crate) fn resolve(text: &str) -> Data {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Data::Null,
        "true" | "True" | "TRUE" => return Data::Bool(true),
        "false" | "False" | "FALSE" => return Data::Bool(false),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return Data::Float(f64::INFINITY);
        }
        "-.inf" | "-.Inf" | "-.INF" => return Data::Float(f64::NEG_INFINITY),
        ".nan" | ".NaN" | ".NAN" => return Data::Float(f64::NAN),
        _ => {}
    }
    let numeric = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'));
    if numeric && let Some(number) = number(&text.replace('_', "")) {
        return number;
    }
    Data::String(text.to_string())
}

fn number(text: &str) -> Option<Data> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if let Some(magnitude) = integer(digits) {
        let value = if negative { -magnitude } else { magnitude };
        return match i64::try_from(value) {
            Ok(value) => Some(Data::Int(value)),
            // An unsigned 64-bit number is printed as it is written.
            Err(_) if u64::try_from(value).is_ok() => Some(Data::String(text.to_string())),
            Err(_) => text.parse().ok().map(Data::Float),
        };
    }
    is_float(digits).then(|| text.parse().ok().map(Data::Float)).flatten()
}

fn integer(digits: &str) -> Option<i128> {
    let lower = digits.to_ascii_lowercase();
    let (radix, body) = match lower.get(..2) {
        Some("0x") => (16, &lower[2..]),
        Some("0b") => (2, &lower[2..]),
        Some("0o") => (8, &lower[2..]),
        _ if lower.len() > 1 && lower.starts_with('0') => (8, &lower[1..]),
        _ => (10, lower.as_str()),
    };
    if body.is_empty() || !body.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    i128::from_str_radix(body, radix).ok()
}

/// `[.]digits`, `digits[.digits]`, each with an optional exponent.
fn is_float(digits: &str) -> bool {
    let (mantissa, exponent) = match digits.find(['e', 'E']) {
        Some(at) => (&digits[..at], Some(&digits[at + 1..])),
        None => (digits, None),
    };
    let all_digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    let mantissa_is_right = match mantissa.split_once('.') {
        Some(("", fraction)) => !fraction.is_empty() && all_digits(fraction),
        Some((whole, fraction)) => all_digits(whole) && all_digits(fraction),
        None => !mantissa.is_empty() && all_digits(mantissa),
    };
    let exponent_is_right = exponent.is_none_or(|text| {
        let text = text.strip_prefix(['+', '-']).unwrap_or(text);
        !text.is_empty() && all_digits(text)
    });
    mantissa_is_right && exponent_is_right
}

/// Whether Docker Compose would read the plain scalar as a point in time, which no attribute
/// accepts.
pub(crate) fn is_timestamp(text: &str) -> bool {
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let parts: Vec<&str> = date.split('-').collect();
    let [year, month, day] = parts[..] else { return false };
    let within = |text: &str, most: u32| {
        (1..=2).contains(&text.len())
            && text.chars().all(|c| c.is_ascii_digit())
            && text.parse().is_ok_and(|n: u32| (1..=most).contains(&n))
    };
    let is_date = year.len() == 4
        && year.chars().all(|c| c.is_ascii_digit())
        && within(month, 12)
        && within(day, 31);
    is_date && time.is_none_or(is_time)
}

fn is_time(text: &str) -> bool {
    let clock = text.split(['Z', '+', '-']).next().unwrap_or(text);
    let parts: Vec<&str> = clock.trim_end().split(':').collect();
    parts.len() == 3
        && parts[..2].iter().all(|p| !p.is_empty() && p.chars().all(|c| c.is_ascii_digit()))
        && parts[2].parse::<f64>().is_ok()
}

/// A floating-point number as Docker Compose writes it into a text: `1.0` is `1`, `1e3` is `1000`,
/// and an exponent is used below 1e-4 and from 1e6.
pub(crate) fn float_text(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "+Inf".into() } else { "-Inf".into() };
    }
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-4..1e6).contains(&magnitude) {
        let text = format!("{value:e}");
        let Some((mantissa, exponent)) = text.split_once('e') else { return text };
        let (sign, digits) = match exponent.strip_prefix('-') {
            Some(digits) => ('-', digits),
            None => ('+', exponent),
        };
        return format!("{mantissa}e{sign}{digits:0>2}");
    }
    format!("{value}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(written: &str, expected: &str) {
        let text = match resolve(written) {
            Data::Null => "null".to_string(),
            Data::Bool(value) => format!("bool {value}"),
            Data::Int(value) => format!("int {value}"),
            Data::Float(value) => format!("float {}", float_text(value)),
            Data::String(value) => value,
            Data::Sequence(_) | Data::Mapping(_) => unreachable!(),
        };
        assert_eq!(text, expected, "{written}");
    }

    #[test]
    fn plain_scalars_follow_the_rules_of_docker_compose() {
        for text in ["yes", "no", "on", "off", "y", "22:22", "0xZZ", "1.2.3", "a1", "1e", "+", "."]
        {
            check(text, text);
        }
        check("True", "bool true");
        check("FALSE", "bool false");
        check("~", "null");
        check("", "null");
        check("0777", "int 511");
        check("-0777", "int -511");
        check("08", "float 8");
        check("0o17", "int 15");
        check("0x1F", "int 31");
        check("0b11", "int 3");
        check("1_000", "int 1000");
        check("+5", "int 5");
        check("1.0", "float 1");
        check("1.50", "float 1.5");
        check("1e3", "float 1000");
        check(".5", "float 0.5");
        check("12345678901234567890", "12345678901234567890");
        check(".inf", "float +Inf");
        check("1e30", "float 1e+30");
        check("0.00001", "float 1e-05");
    }

    #[test]
    fn timestamps_are_recognised() {
        for text in ["2024-01-01", "2024-1-1", "2024-01-01 10:00:00", "2024-01-01T10:00:00Z"] {
            assert!(is_timestamp(text), "{text}");
        }
        for text in ["2024-13-01", "2024-01", "1-1-1", "2024-01-01-x", "2024-01-01T10"] {
            assert!(!is_timestamp(text), "{text}");
        }
    }
}
