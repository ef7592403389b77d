//! Spans of time on the command line.

use std::time::Duration;

/// Reads `90s`, `15m`, `2h`, `1d`, or several of them in a row.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no span of time; write it like 90s, 15m, 2h or 1h30m");
    let mut secs: u64 = 0;
    let mut rest = text;
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let digits = rest.chars().take_while(char::is_ascii_digit).count();
        let number: u64 = rest.get(..digits).and_then(|it| it.parse().ok()).ok_or_else(wrong)?;
        let mut chars = rest[digits..].chars();
        let unit = match chars.next() {
            Some('s') => 1,
            Some('m') => 60,
            Some('h') => 3600,
            Some('d') => 86400,
            _ => return Err(wrong()),
        };
        let part = number.checked_mul(unit).ok_or_else(wrong)?;
        secs = secs.checked_add(part).ok_or_else(wrong)?;
        rest = chars.as_str();
    }
    Ok(Duration::from_secs(secs))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read() {
        assert_eq!(duration("1h30m"), Ok(Duration::from_secs(5400)));
        assert_eq!(duration("2d"), Ok(Duration::from_secs(172_800)));
        for wrong in ["", "5", "m", "1 h", "99999999999999999999s", "400000000000000000d", "1w"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
