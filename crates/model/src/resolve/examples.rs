//! Examples of files with variables, as repositories keep them beside the real ones that do not
//! belong into Git.

use hob_compose::{Files, Finding, Kind, dotenv, files};

use crate::repository::Repository;

/// What is put behind the name of a file for its example.
const ENDINGS: [&str; 7] =
    [".example", ".sample", ".template", ".dist", ".tmpl", "-example", "-sample"];

/// What examples of `.env` are called besides.
const OTHER_NAMES: [&str; 4] = ["env.example", "example.env", "env.sample", "sample.env"];

/// The example of a file with variables, both by their absolute paths; `None` if there is none
/// beside it.
pub(super) fn of(repository: &Repository<'_>, wanted: &str) -> Option<String> {
    let folder = files::parent(wanted);
    let others = OTHER_NAMES.iter().filter(|_| wanted.ends_with("/.env"));
    let others = others.map(|name| files::join(&folder, name));
    let mut paths = ENDINGS.iter().map(|ending| format!("{wanted}{ending}")).chain(others);
    paths.find(|path| matches!(repository.kind(path), Ok(Some(Kind::File { .. }))))
}

/// Whether an example sets a variable.
pub(super) fn sets(repository: &Repository<'_>, example: &str, variable: &str) -> bool {
    let Ok(bytes) = repository.read(example) else { return false };
    dotenv::lines(&String::from_utf8_lossy(&bytes)).contains_key(variable)
}

/// A finding about an `env_file` that is not there names the example beside it.
pub(super) fn name_in_hint(repository: &Repository<'_>, finding: Finding) -> Finding {
    if finding.code != "missing-env-file" {
        return finding;
    }
    let wanted = finding.message.strip_prefix("there is no file ");
    let wanted = wanted.map(|path| repository.absolute(path));
    match wanted.and_then(|wanted| Some((of(repository, &wanted)?, wanted))) {
        Some((example, wanted)) => finding.hint(copy(repository, &example, &wanted)),
        None => finding,
    }
}

/// What to do with an example.
pub(super) fn copy(repository: &Repository<'_>, example: &str, wanted: &str) -> String {
    let shown = |path: &str| repository.relative(path).unwrap_or(path).to_owned();
    format!("copy {} to {} and fill it in", shown(example), shown(wanted))
}
