//! The tables of the manual.

use super::{Field, Fields};

/// The keys of a mapping as a table in Markdown.
pub fn manual(fields: &Fields) -> String {
    let mut text = "| key | value | if absent | meaning |\n| --- | --- | --- | --- |\n".to_owned();
    for field in fields.fields {
        text += &row(field);
    }
    text
}

fn row(field: &Field) -> String {
    let Field { key, kind, is_required, default, since: _, meaning, example } = field;
    let absent = match (is_required, default.is_empty()) {
        (true, _) => "an error",
        (false, true) => "nothing",
        (false, false) => default,
    };
    let kind = kind.words();
    format!("| `{key}` | {kind} | {absent} | {meaning}. `{key}: {example}` |\n")
}

impl Fields {
    /// The heading of the mapping in the manual, as a link.
    pub(super) fn link(&self) -> String {
        let anchor = self.title.to_lowercase().replace(' ', "-");
        format!("[{}](#{anchor})", self.title.to_lowercase())
    }
}
