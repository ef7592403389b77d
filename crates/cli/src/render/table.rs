//! Columns that line up.

use anstream::adapter::strip_str;

/// Lines of cells, padded to the widest of each column; the first line is the heading. Cells may
/// have colours.
pub(crate) fn table(lines: &[Vec<String>]) -> String {
    spaced(lines, 2)
}

/// The same, with so many blanks between columns.
pub(crate) fn spaced(lines: &[Vec<String>], gap: usize) -> String {
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|column| lines.iter().filter_map(|line| line.get(column)).map(|c| width(c)).max())
        .map(|widest| widest.unwrap_or(0))
        .collect();
    let mut text = String::new();
    for line in lines {
        let mut row = String::new();
        for (cell, widest) in line.iter().zip(&widths) {
            let padding = widest - width(cell) + gap;
            row += cell;
            row += &" ".repeat(padding);
        }
        text += row.trim_end();
        text.push('\n');
    }
    text
}

fn width(cell: &str) -> usize {
    strip_str(cell).to_string().chars().count()
}

#[cfg(test)]
mod tests {
    use super::table;
    use crate::style::{ERROR, paint};

    #[test]
    fn colours_take_no_room() {
        let lines = [
            vec!["HOST".to_owned(), "STATE".to_owned()],
            vec![paint(ERROR, "pi"), "up".to_owned()],
        ];
        let plain = anstream::adapter::strip_str(&table(&lines)).to_string();
        assert_eq!(plain, "HOST  STATE\npi    up\n");
    }
}
