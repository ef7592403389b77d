//! Lines that are longer than the terminal is wide, continued below where their text begins.

use anstream::adapter::strip_str;

/// Folds every line at blanks so that none is wider than `width` columns, as far as its words
/// allow. Colours take no room.
pub(crate) fn fold(text: &str, width: usize) -> String {
    text.split_inclusive('\n').map(|line| fold_line(line, width)).collect()
}

fn fold_line(line: &str, width: usize) -> String {
    let plain = strip_str(line.trim_end_matches('\n')).to_string();
    if plain.chars().count() <= width {
        return line.to_owned();
    }
    let indent = text_begins(&plain, width);
    let mut out = String::new();
    let mut used = 0;
    for (at, word) in line.split(' ').enumerate() {
        let length = columns(word);
        if at > 0 && length > 0 && used > indent && used + 1 + length > width {
            out.truncate(out.trim_end_matches(' ').len());
            out += &format!("\n{:indent$}", "");
            used = indent;
        } else if at > 0 {
            out.push(' ');
            used += 1;
        }
        out += word;
        used += length;
    }
    out
}

/// The column in which a line's own text begins: behind its last gap, or behind `hint: `; not
/// further to the right than the middle.
fn text_begins(plain: &str, width: usize) -> usize {
    let leading = plain.chars().take_while(|c| *c == ' ').count();
    let body = plain.get(leading..).unwrap_or_default();
    let behind_gap = body.match_indices("  ").map(|(at, _)| at).take_while(|at| *at < width / 2);
    let begins = match (behind_gap.last(), body.starts_with("hint: ")) {
        (Some(at), _) => {
            let rest = body.get(at..).unwrap_or_default();
            let gap = rest.chars().take_while(|c| *c == ' ').count();
            leading + body.get(..at).map_or(0, |head| head.chars().count()) + gap
        }
        (None, true) => leading + "hint: ".len(),
        (None, false) => leading + 2,
    };
    begins.min(width / 2)
}

fn columns(word: &str) -> usize {
    strip_str(word.trim_end_matches('\n')).to_string().chars().count()
}

#[cfg(test)]
mod tests {
    use super::fold;
    use crate::style::{HINT, paint};

    #[test]
    fn what_fits_stays_as_it_is() {
        for text in ["", "short\n", "  a   b\n\n  c\n", "exactly twenty wide.\n"] {
            assert_eq!(fold(text, 20), text);
        }
    }

    #[test]
    fn a_long_line_goes_on_below_its_text() {
        assert_eq!(
            fold("  ! web/mount  app mounts it, and it is not there\nnext\n", 32),
            "  ! web/mount  app mounts it,\n               and it is not\n               \
             there\nnext\n"
        );
        assert_eq!(
            fold("    hint: is the storage mounted?\n", 24),
            "    hint: is the storage\n          mounted?\n"
        );
        assert_eq!(
            fold("error: something is wrong here\n", 20),
            "error: something is\n  wrong here\n"
        );
    }

    #[test]
    fn colours_take_no_room_and_long_words_stay_whole() {
        let coloured = format!("{} a bb\n", paint(HINT, "hint:"));
        assert_eq!(fold(&coloured, 10), coloured);
        assert_eq!(fold("a /very/long/path/indeed b\n", 10), "a /very/long/path/indeed\n  b\n");
    }
}
