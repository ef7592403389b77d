//! The tables of the manual.

use super::{Field, Fields, Presence};

/// The keys of a mapping as a table in Markdown.
pub fn manual(fields: &Fields) -> String {
    let mut text = "| key | value | if absent | meaning |\n| --- | --- | --- | --- |\n".to_owned();
    for field in fields.fields {
        text += &row(field);
    }
    text
}

fn row(field: &Field) -> String {
    let Field { key, kind, presence, default, since: _, meaning, example } = field;
    let absent = match presence {
        Presence::Needed => "an error".to_owned(),
        Presence::NeededUnless(other, value) => format!("an error, unless `{other}: {value}`"),
        Presence::Free if default.is_empty() => "nothing".to_owned(),
        Presence::Free => (*default).to_owned(),
    };
    let kind = kind.words();
    format!("| `{key}` | {kind} | {absent} | {meaning}. Example: `{key}: {example}` |\n")
}

impl Fields {
    /// The heading of the mapping in the manual, as a link.
    pub(super) fn link(&self) -> String {
        let anchor = self.title.to_lowercase().replace(' ', "-");
        format!("[{}](#{anchor})", self.title.to_lowercase())
    }
}
