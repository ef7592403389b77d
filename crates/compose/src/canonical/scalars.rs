//! Single values: words, sizes, durations, text.

use crate::finding::Finding;
use crate::path::Path;
use crate::tree::{Data, Node};
use crate::units;
use crate::words::{Words, shell_words};

/// A command written as one text becomes a list of words.
pub(super) fn words(value: &mut Node, path: &Path<'_>, findings: &mut Vec<Finding>) {
    let Data::String(command) = &value.data else { return };
    let Some(Words { words, cut }) = shell_words(command) else {
        findings.push(
            Finding::error(
                "open-quote",
                "a quote, backslash or parenthesis in the command has no end",
            )
            .about(value)
            .on(path)
            .hint("close it, or write the command as a list"),
        );
        return;
    };
    if let Some(operator) = cut {
        findings.push(
            Finding::warning(
                "shell-operator",
                format!("no shell reads this command: it ends before the {operator}"),
            )
            .about(value)
            .on(path)
            .hint("write [sh, -c, '...'] to have a shell run it, or put quotes around the sign"),
        );
    }
    let nodes = words.into_iter().map(|word| Node::string(word, &value.span)).collect();
    value.data = Data::Sequence(nodes);
}

/// A size such as `64m` becomes a text of digits.
pub(super) fn byte_size(value: &mut Node, path: &Path<'_>, findings: &mut Vec<Finding>) {
    let size = match &value.data {
        Data::Int(size) => Some(*size),
        Data::Float(size) => Some(*size as i64),
        Data::String(text) => units::bytes(text),
        _ => return,
    };
    match size {
        Some(size) => value.data = Data::String(size.to_string()),
        None => findings.push(
            Finding::error("invalid-size", format!("{} is not a size", quoted(value)))
                .about(value)
                .on(path)
                .hint("write a number with b, k, m or g, such as 512m"),
        ),
    }
}

/// A duration is brought into the form that Docker Compose prints, such as `1m30s`.
pub(super) fn duration(value: &mut Node, path: &Path<'_>, findings: &mut Vec<Finding>) {
    let Some(text) = value.scalar_text() else { return };
    match units::nanoseconds(&text) {
        Some(nanoseconds) => value.data = Data::String(units::duration_text(nanoseconds)),
        None => findings.push(
            Finding::error("invalid-duration", format!("{} is not a duration", quoted(value)))
                .about(value)
                .on(path)
                .hint("write a number with us, ms, s, m, h or d, such as 90s or 1m30s"),
        ),
    }
}

/// A number or boolean becomes text.
pub(super) fn text(value: &mut Node) {
    if let Some(text) = value.scalar_text() {
        value.data = Data::String(text);
    }
}

fn quoted(value: &Node) -> String {
    format!("{:?}", value.scalar_text().unwrap_or_default())
}
