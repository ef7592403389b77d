//! Findings with the lines that they are about.

use std::{collections::BTreeMap, ops::Range};

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use hob_compose::{Files, Finding, Place, Related, Severity};
use hob_model::{
    REPOSITORY_ROOT,
    lint::{
        self,
        secrets::{self, FileKind},
    },
};
use serde_json::{Value, json};

use crate::style::{self, HEADING, HINT, paint};

/// Findings and the texts that they are about.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    list: Vec<Finding>,
    /// By the name that places give the file.
    texts: BTreeMap<String, String>,
}

impl Findings {
    /// Collects the texts of all files that are shown with a finding.
    pub(crate) fn new(list: Vec<Finding>, files: &dyn Files, root: &str) -> Self {
        let mut texts = BTreeMap::new();
        let places = list.iter().flat_map(|finding| {
            finding.place.iter().chain(finding.related.iter().map(|related| &related.place))
        });
        for place in places {
            if may_be_shown(&place.file) && !texts.contains_key(&place.file) {
                let path = hob_compose::files::join(root, &place.file);
                if let Some(text) = files.read(&path).ok().and_then(|it| String::from_utf8(it).ok())
                {
                    texts.insert(place.file.clone(), text);
                }
            }
        }
        Self { list, texts }
    }

    pub(crate) fn errors(&self) -> usize {
        self.of(Severity::Error)
    }

    pub(crate) fn warnings(&self) -> usize {
        self.of(Severity::Warning)
    }

    fn of(&self, severity: Severity) -> usize {
        self.list.iter().filter(|finding| finding.severity == severity).count()
    }

    /// All findings, each with its snippet and an empty line after it.
    pub(crate) fn text(&self, width: usize) -> String {
        let renderer = Renderer::styled().term_width(width);
        self.list.iter().map(|finding| self.one(finding, &renderer) + "\n\n").collect()
    }

    /// The same with all notes that say the same in one, without its snippet: there is nothing to
    /// be done about them, and a facet may be one of every service.
    pub(crate) fn brief(&self, width: usize) -> String {
        let renderer = Renderer::styled().term_width(width);
        let is_note = |finding: &&Finding| finding.severity == Severity::Note;
        let told = self.list.iter().filter(|finding| !is_note(finding));
        let mut text: String = told.map(|finding| self.one(finding, &renderer) + "\n\n").collect();
        let mut notes: Vec<(&Finding, usize)> = Vec::new();
        for note in self.list.iter().filter(is_note) {
            let is_same = |(other, _): &&mut (&Finding, usize)| {
                (note.code, &note.message, &note.hint) == (other.code, &other.message, &other.hint)
            };
            match notes.iter_mut().find(is_same) {
                Some((_, times)) => *times += 1,
                None => notes.push((note, 1)),
            }
        }
        text.extend(notes.iter().map(|(note, times)| brief_note(note, *times)));
        text
    }

    fn one(&self, finding: &Finding, renderer: &Renderer) -> String {
        let level = match finding.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Note => Level::NOTE,
        };
        let title = level.primary_title(finding.message.as_str()).id(finding.code);
        let mut group = match &finding.place {
            Some(place) => match self.snippet(place, AnnotationKind::Primary, &finding.path) {
                Some(snippet) => title.element(snippet),
                None => title.element(Level::NOTE.message(format!("at {}", at(place)))),
            },
            None => Group::with_title(title),
        };
        for related in &finding.related {
            let shown = self.snippet(&related.place, AnnotationKind::Context, &related.message);
            group = match shown {
                Some(snippet) => group.element(snippet),
                None => {
                    let says = format!("{} at {}", related.message, at(&related.place));
                    group.element(Level::NOTE.message(says))
                }
            };
        }
        if let Some(hint) = &finding.hint {
            group = group.element(Level::HELP.with_name("hint").message(hint.as_str()));
        }
        renderer.render(&[group])
    }

    fn snippet<'a>(
        &'a self,
        place: &'a Place,
        kind: AnnotationKind,
        label: &'a str,
    ) -> Option<Snippet<'a, annotate_snippets::Annotation<'a>>> {
        let text = self.texts.get(&place.file)?;
        let (line, span) = line_and_span(text, place)?;
        // Whatever was found there, and whether or not the owner allows the secret.
        if !secrets::scan(line, FileKind::of(&place.file)).is_empty() {
            return None;
        }
        let label = (!label.is_empty()).then_some(label);
        Some(
            Snippet::source(line)
                .line_start(place.line as usize)
                .path(shown(&place.file))
                .annotation(kind.span(span).label(label)),
        )
    }

    /// All findings as data.
    pub(crate) fn json(&self) -> Value {
        self.list.iter().map(json_of).collect()
    }

    /// `2 errors, 1 warning`, or `no errors`.
    pub(crate) fn summary(&self) -> String {
        match (self.errors(), self.warnings()) {
            (0, 0) => "no errors".to_owned(),
            (0, warnings) => style::count(warnings, "warning"),
            (errors, 0) => style::count(errors, "error"),
            (errors, warnings) => {
                format!("{}, {}", style::count(errors, "error"), style::count(warnings, "warning"))
            }
        }
    }
}

fn json_of(finding: &Finding) -> Value {
    let Finding { severity, code, message, place, path, hint, related } = finding;
    let related: Vec<Value> = related
        .iter()
        .map(|Related { place, message }| {
            let Place { file, line, column, len: _ } = place;
            json!({ "message": message, "file": shown(file), "line": line, "column": column })
        })
        .collect();
    let mut data = json!({
        "severity": severity,
        "code": code,
        "message": message,
        "file": place.as_ref().map(|place| shown(&place.file)),
        "line": place.as_ref().map(|place| place.line),
        "column": place.as_ref().map(|place| place.column),
        "path": path,
        "hint": hint,
        "related": related,
    });
    // Only rules have one.
    if let Some(page) = lint::page(code) {
        data["page"] = page.into();
    }
    data
}

/// A note, where it is or first is, and what to do if anything.
fn brief_note(note: &Finding, times: usize) -> String {
    let heading = paint(HEADING, format!("note[{}]:", note.code));
    let first = note.place.as_ref().map(at).unwrap_or_default();
    let place = match (first.as_str(), times) {
        ("", 1) => String::new(),
        ("", _) => format!(" ({times} times)"),
        (first, 1) => format!(" ({first})"),
        (first, _) => format!(" ({times} times, first at {first})"),
    };
    let hint = note.hint.as_ref().map(|hint| format!("  {} {hint}\n", paint(HINT, "hint:")));
    format!("{heading} {}{place}\n{}", note.message, hint.unwrap_or_default())
}

/// A file as its owner knows it.
pub(crate) fn shown(file: &str) -> &str {
    file.strip_prefix(REPOSITORY_ROOT).map_or(file, |below| below.trim_start_matches('/'))
}

pub(crate) fn at(place: &Place) -> String {
    format!("{}:{}:{}", shown(&place.file), place.line, place.column)
}

/// Whether lines of a file may be shown. Files of variables hold passwords.
pub(crate) fn may_be_shown(file: &str) -> bool {
    file.ends_with(".yaml") || file.ends_with(".yml")
}

/// The line of a place, and where in it the place is, in bytes.
pub(crate) fn line_and_span<'a>(text: &'a str, place: &Place) -> Option<(&'a str, Range<usize>)> {
    let line = text.lines().nth((place.line as usize).checked_sub(1)?)?;
    let offset =
        |chars: usize| line.char_indices().nth(chars).map_or(line.len(), |(offset, _)| offset);
    let start = (place.column as usize).saturating_sub(1);
    Some((line, offset(start)..offset(start + place.len as usize)))
}

#[cfg(test)]
mod tests {
    use hob_compose::MemoryFiles;

    use super::*;

    fn check(list: Vec<Finding>) -> String {
        let files = MemoryFiles::new()
            .with(
                "/@repository/hob.yaml",
                "homelab: home\nhosts:\n  nås: {conect: local}\nPASSWORD: hunter2\n",
            )
            .with("/@repository/a/.env", "PASSWORD=hunter2 hunter3\n");
        let findings = Findings::new(list, &files, REPOSITORY_ROOT);
        anstream::adapter::strip_str(&findings.text(80)).to_string()
    }

    fn place(file: &str, line: u32, column: u32, len: u32) -> Place {
        Place { file: file.into(), line, column, len }
    }

    #[test]
    fn a_finding_shows_its_line() {
        let finding = Finding::error("unknown-key", "there is no key conect")
            .at(place("hob.yaml", 3, 9, 6))
            .on("hosts.nås.conect")
            .hint("did you mean connect?");
        assert_eq!(
            check(vec![finding]),
            "error[unknown-key]: there is no key conect\n \
             --> hob.yaml:3:9\n  \
             |\n\
             3 |   nås: {conect: local}\n  \
             |         ^^^^^^ hosts.nås.conect\n  \
             |\n  \
             = hint: did you mean connect?\n\n"
        );
    }

    #[test]
    fn lines_of_files_with_variables_are_never_shown() {
        let finding = Finding::error("env-syntax", "unexpected text after the value")
            .at(place("a/.env", 1, 18, 7));
        let text = check(vec![finding]);
        assert!(!text.contains("hunter"), "{text}");
        assert!(text.contains("a/.env:1:18"), "{text}");
    }

    #[test]
    fn lines_with_secrets_are_never_shown() {
        let secret = || place("hob.yaml", 4, 13, 7);
        let list = vec![
            Finding::error("unknown-key", "there is no key").at(secret()),
            Finding::note("odd", "odd").at(place("hob.yaml", 1, 1, 1)).related(secret(), "this"),
        ];
        let text = check(list);
        assert!(!text.contains("hunter"), "{text}");
        assert!(text.contains("hob.yaml:4:13") && text.contains("homelab: home"), "{text}");
    }

    #[test]
    fn notes_that_say_the_same_are_told_once() {
        let note = |line, what: &str| {
            Finding::note("not-acted-on", format!("{what} has no effect yet"))
                .at(place("hob.yaml", line, 3, 5))
        };
        let alone = Finding::note("odd", "odd").hint("know it");
        let list = vec![note(2, "route"), note(3, "auth"), alone, note(3, "route")];
        let findings = Findings::new(list, &MemoryFiles::new(), REPOSITORY_ROOT);
        assert_eq!(
            anstream::adapter::strip_str(&findings.brief(80)).to_string(),
            "note[not-acted-on]: route has no effect yet (2 times, first at hob.yaml:2:3)\n\
             note[not-acted-on]: auth has no effect yet (hob.yaml:3:3)\n\
             note[odd]: odd\n  hint: know it\n"
        );
        assert_eq!(findings.json().as_array().map(Vec::len), Some(4));
    }

    #[test]
    fn a_place_that_is_not_there_is_still_named() {
        let finding = Finding::warning("odd", "odd").at(place("hob.yaml", 90, 1, 1));
        assert!(check(vec![finding]).contains("hob.yaml:90:1"));
    }
}
