//! Points in time, as people and programs read them.

use std::time::{SystemTime, UNIX_EPOCH};

/// Now, in whole seconds, as `2026-11-20T19:04:29Z`.
#[allow(
    clippy::disallowed_methods,
    reason = "a sealed file says when it was changed last; nothing is decided by it"
)]
pub(crate) fn now() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let text = timestamp(i128::from(since.as_secs()) * 1_000_000_000);
    text.replace(".000Z", "Z")
}

/// Nanoseconds since 1970 as `2026-11-20T19:04:29.123Z`.
pub(crate) fn timestamp(time_ns: i128) -> String {
    const DAY_MS: i128 = 86_400_000;
    let millis = time_ns.div_euclid(1_000_000);
    let (days, of_day) = (millis.div_euclid(DAY_MS), millis.rem_euclid(DAY_MS));
    let (year, month, day) = civil(days);
    let (secs, ms) = (of_day / 1000, of_day % 1000);
    let (hour, minute, second) = (secs / 3600, secs / 60 % 60, secs % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
}

/// The day so many days after 1 January 1970. Years are counted from March, so that a leap day is
/// the last day of its year; eras are the 400 years after which the calendar repeats.
fn civil(days: i128) -> (i128, i128, i128) {
    const ERA_DAYS: i128 = 146_097;
    // Days from 1 March of year 0 to 1 January 1970.
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(ERA_DAYS), days.rem_euclid(ERA_DAYS));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i128::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::timestamp;

    #[test]
    fn times_are_read_as_dates() {
        let cases = [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400, "2000-02-29T00:00:00.000Z"),
            (1_795_201_469, "2026-11-20T19:04:29.000Z"),
            (-1, "1969-12-31T23:59:59.000Z"),
        ];
        for (secs, expected) in cases {
            assert_eq!(timestamp(secs * 1_000_000_000), expected);
        }
    }
}
