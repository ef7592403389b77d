//! JSON as Go writes it.

use crate::tree::Node;

/// Indented, as a file.
pub(super) fn indented(tree: &Node) -> String {
    escaped(serde_json::to_string_pretty(tree))
}

/// On one line without spaces, as it is hashed.
pub(crate) fn compact(tree: &Node) -> String {
    escaped(serde_json::to_string(tree))
}

/// Go escapes what would mean something in a page. These characters occur in texts only.
fn escaped(json: serde_json::Result<String>) -> String {
    json.unwrap_or_default()
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}
