//! Text in base64, for the YAML tag `!!binary`.

/// The bytes that a text in base64 stands for; `None` if it is none.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\n' | b'\r')).collect();
    if !digits.len().is_multiple_of(4) {
        return None;
    }
    let padding = digits.iter().rev().take_while(|digit| **digit == b'=').count();
    if padding > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits.len() / 4 * 3);
    for four in digits[..digits.len() - padding].chunks(4) {
        let mut bits = 0u32;
        for digit in four {
            bits = bits << 6 | value(*digit)?;
        }
        // Two digits stand for one byte, three for two: what is left over are filling bits.
        bits <<= 6 * (4 - four.len());
        bytes.extend(&bits.to_be_bytes()[1..four.len()]);
    }
    Some(bytes)
}

fn value(digit: u8) -> Option<u32> {
    Some(u32::from(match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back() {
        for (text, expected) in
            [("", ""), ("aA==", "h"), ("aGU=", "he"), ("aGVs", "hel"), ("aGVs\nbG8=", "hello")]
        {
            assert_eq!(decode(text).as_deref(), Some(expected.as_bytes()), "{text}");
        }
        for text in ["a", "aGVsbG8", "====", "aG%s", "a=b="] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
