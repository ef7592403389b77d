//! The order in which the YAML library of Docker Compose writes the keys of a mapping.

use std::cmp::Ordering;

/// Numbers in keys count as numbers: `a9` stands before `a10`. Where a letter meets something
/// else, the letter is the later one, unless a digit stands before.
pub(super) fn natural(one: &str, other: &str) -> Ordering {
    let a: Vec<char> = one.chars().collect();
    let b: Vec<char> = other.chars().collect();
    let Some(at) = a.iter().zip(&b).position(|(x, y)| x != y) else {
        return a.len().cmp(&b.len());
    };
    let after_digit = at > 0 && a[at - 1].is_ascii_digit();
    match (a[at].is_alphabetic(), b[at].is_alphabetic()) {
        (true, true) => return a[at].cmp(&b[at]),
        (true, false) => return if after_digit { Ordering::Less } else { Ordering::Greater },
        (false, true) => return if after_digit { Ordering::Greater } else { Ordering::Less },
        (false, false) => {}
    }
    // Zeros in the middle of a number are digits like others, leading ones are not.
    let begun = (a[at] == '0' || b[at] == '0')
        && a[..at].iter().rev().take_while(|c| c.is_ascii_digit()).any(|c| *c != '0');
    let (x, x_length) = number(&a[at..], begun);
    let (y, y_length) = number(&b[at..], begun);
    x.cmp(&y).then(x_length.cmp(&y_length)).then(a[at].cmp(&b[at]))
}

/// The number that the text begins with, and how many digits it has.
fn number(text: &[char], begun: bool) -> (u64, usize) {
    let digits = text.iter().map_while(|c| c.to_digit(10));
    let start = (u64::from(begun), 0);
    digits.fold(start, |(value, length), digit| {
        (value.wrapping_mul(10).wrapping_add(u64::from(digit)), length + 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_keys_count() {
        let mut keys =
            ["web10", "web-1", "web_1", "db", "Web", "web9", "web", "a1b", "a1-", "a01", "a1", "é"];
        keys.sort_by(|a, b| natural(a, b));
        assert_eq!(keys.join(" "), "Web a1 a1b a1- a01 db web web-1 web_1 web9 web10 é");
    }
}
