//! "Did you mean".

/// The candidate that a misspelt name most likely stands for.
pub(crate) fn closest<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    // One slip in three letters: more would suggest words that have nothing in common.
    let length = name.chars().count();
    let most = (length / 3).max(1).min(length.saturating_sub(1));
    candidates
        .into_iter()
        .filter_map(|candidate| Some((distance(name, candidate, most)?, candidate)))
        .min()
        .map(|(_, candidate)| candidate)
}

/// Insertions, deletions, replacements and swaps of neighbours; `None` if more than `most`.
/// Case, and `-` for `_`, cost nothing.
fn distance(a: &str, b: &str, most: usize) -> Option<usize> {
    let letters = |text: &str| -> Vec<char> {
        text.chars().take(64).map(|c| if c == '-' { '_' } else { c.to_ascii_lowercase() }).collect()
    };
    let (a, b) = (letters(a), letters(b));
    let mut rows = vec![vec![0usize; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    for (j, cell) in rows[0].iter_mut().enumerate() {
        *cell = j;
    }
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    Some(rows[a.len()][b.len()]).filter(|distance| *distance <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised() {
        let names = ["image", "ports", "environment", "env_file", "depends_on"];
        let check = |name: &str, expected| assert_eq!(closest(name, names), expected, "{name}");
        check("imgae", Some("image"));
        check("port", Some("ports"));
        check("enviroment", Some("environment"));
        check("env-file", Some("env_file"));
        check("dependson", Some("depends_on"));
        check("banana", None);
        check("x", None);
    }
}
