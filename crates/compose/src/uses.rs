//! Where a text uses variables, without replacing them.

use crate::limits::DEEPEST_TEMPLATE;
use crate::template::{closing_brace, name_at};

/// One use of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Use<'t> {
    pub(crate) name: &'t str,
    /// `:-`, `-`, `:?`, `?`, `:+`, `+` or nothing.
    pub(crate) operator: &'t str,
    /// What follows the operator.
    pub(crate) operand: &'t str,
    /// The byte at which its `$` stands.
    pub(crate) at: usize,
    /// How many bytes it takes.
    pub(crate) length: usize,
}

/// The uses in a text in their order. Those in the operand of another one follow it, if `enters`
/// says so.
pub(crate) fn uses<'t>(text: &'t str, enters: &dyn Fn(&Use<'t>) -> bool) -> Vec<Use<'t>> {
    let mut found = Vec::new();
    collect(text, 0, 0, enters, &mut found);
    found
}

fn collect<'t>(
    text: &'t str,
    offset: usize,
    depth: usize,
    enters: &dyn Fn(&Use<'t>) -> bool,
    found: &mut Vec<Use<'t>>,
) {
    let mut from = 0;
    while let Some(dollar) = text[from..].find('$').map(|dollar| from + dollar) {
        let after = &text[dollar + 1..];
        let name = name_at(after);
        if !name.is_empty() {
            let length = 1 + name.len();
            found.push(Use { name, operator: "", operand: "", at: offset + dollar, length });
            from = dollar + length;
            continue;
        }
        let Some(close) = closing_brace(after).filter(|_| after.starts_with('{')) else {
            from = dollar + 1 + usize::from(after.starts_with('$'));
            continue;
        };
        let inner = &after[1..close];
        let name = name_at(inner);
        let tail = &inner[name.len()..];
        let signs = tail.len() - tail.trim_start_matches(':').len();
        let signs = (signs + 1).min(tail.len());
        if !name.is_empty() && tail.is_char_boundary(signs) {
            let (operator, operand) = tail.split_at(signs);
            let length = close + 2;
            let used = Use { name, operator, operand, at: offset + dollar, length };
            let goes_on = depth < DEEPEST_TEMPLATE && enters(&used);
            found.push(used);
            if goes_on {
                let before = dollar + 2 + name.len() + signs;
                collect(operand, offset + before, depth + 1, enters, found);
            }
        }
        from = dollar + close + 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let shown: Vec<String> = uses(text, &|_| true)
            .iter()
            .map(|used| {
                let written = &text[used.at..used.at + used.length];
                format!("{} {}[{}] {written}", used.name, used.operator, used.operand)
            })
            .collect();
        assert_eq!(shown.join(" | "), expected, "{text}");
    }

    #[test]
    fn every_form_is_found_where_it_stands() {
        check("a $B ${C}", "B [] $B | C [] ${C}");
        check("${A:-x${B-y}}z$C", "A :-[x${B-y}] ${A:-x${B-y}} | B -[y] ${B-y} | C [] $C");
        check("$$A $1 $ ${1} é${D:?é}", "D :?[é] ${D:?é}");
    }
}
