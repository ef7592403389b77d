//! Amounts of bytes as people write them.

/// Units and how many bytes they are. A bare letter counts as in Compose files: `g` is `GiB`.
const UNITS: [(&str, u64); 18] = [
    ("", 1),
    ("b", 1),
    ("k", 1 << 10),
    ("kb", 1_000),
    ("kib", 1 << 10),
    ("m", 1 << 20),
    ("mb", 1_000_000),
    ("mib", 1 << 20),
    ("g", 1 << 30),
    ("gb", 1_000_000_000),
    ("gib", 1 << 30),
    ("t", 1 << 40),
    ("tb", 1_000_000_000_000),
    ("tib", 1 << 40),
    ("p", 1 << 50),
    ("pb", 1_000_000_000_000_000),
    ("pib", 1 << 50),
    ("byte", 1),
];

/// The bytes that `50GiB`, `1.5 TB`, `512m` or `4096` stand for.
pub(crate) fn bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = unit.trim().to_lowercase();
    let factor = UNITS.iter().find(|(name, _)| *name == unit)?.1;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.len() > 6 || whole.is_empty() {
        return None;
    }
    // Whole numbers throughout: a float would make 16 EiB of a mistyped size.
    let scale = 10u64.pow(u32::try_from(fraction.len()).ok()?);
    let parts = if fraction.is_empty() { 0 } else { fraction.parse::<u64>().ok()? };
    let amount = whole.parse::<u64>().ok()?.checked_mul(scale)?.checked_add(parts)?;
    u64::try_from(u128::from(amount) * u128::from(factor) / u128::from(scale)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, expected) in [
            ("50GiB", Some(50 << 30)),
            ("50 gib", Some(50 << 30)),
            ("1.5g", Some(3 << 29)),
            ("2GB", Some(2_000_000_000)),
            ("4096", Some(4096)),
            ("10%", None),
            ("lots", None),
            ("1.2.3g", None),
            (".5g", None),
            ("", None),
            ("99999999999999999999g", None),
        ] {
            assert_eq!(bytes(text), expected, "{text}");
        }
    }
}
