//! Secrets in the files that Hob reads.

use hob_compose::{Files, Kind, Place, files::join};

use super::{
    Draft, Known,
    gitignore::{Ignored, folders},
    secrets::{self, FileKind},
};

/// How much text is looked into in all.
const BYTES_MAX: usize = 32 << 20;

/// Ends of names of files that show others what to write.
const EXAMPLES: [&str; 5] = [".example", ".sample", ".template", ".dist", ".tmpl"];

pub(super) fn check(known: &Known<'_>, drafts: &mut Vec<Draft>) {
    let mut ignored = Ignored::default();
    let mut bytes = 0;
    for file in &known.files {
        if EXAMPLES.iter().any(|end| file.ends_with(end)) {
            continue;
        }
        read_ignored(known, file, &mut ignored);
        if ignored.has(file) {
            continue;
        }
        let Some(text) = known.text(file) else { continue };
        bytes += text.len();
        if bytes > BYTES_MAX {
            return;
        }
        for hit in secrets::scan(&text, FileKind::of(file)) {
            let place =
                Place { file: file.clone(), line: hit.line, column: hit.column, len: hit.len };
            let draft = Draft::new("secret-in-clear", hit.clue.message());
            drafts.push(draft.with(|finding| {
                finding.at(place).hint(
                    "keep it in a sealed file, or in a .env that Git ignores, and write \
                     ${NAME} here",
                )
            }));
        }
    }
}

/// Reads the `.gitignore` files that a file is subject to.
fn read_ignored(known: &Known<'_>, file: &str, ignored: &mut Ignored) {
    for folder in folders(file) {
        if ignored.knows(folder) {
            continue;
        }
        let path = if folder.is_empty() { ".gitignore".into() } else { join(folder, ".gitignore") };
        let absolute = known.repository.absolute(&path);
        let is_there = matches!(known.repository.kind(&absolute), Ok(Some(Kind::File { .. })));
        let text = if is_there { known.text(&path) } else { None };
        ignored.add(folder, &text.unwrap_or_default());
    }
}
