//! Places with the lines that stand there.

use std::collections::BTreeMap;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use hob_compose::{Files, Place};

use super::findings::{at, line_and_span, may_be_shown, shown};

/// Places and what is said about them, in their order.
pub(crate) struct Snippets<'a> {
    files: &'a dyn Files,
    root: &'a str,
    items: Vec<Item>,
    texts: BTreeMap<String, String>,
}

struct Item {
    place: Option<Place>,
    kind: AnnotationKind,
    says: String,
}

impl<'a> Snippets<'a> {
    /// None yet. Files are found below `root`, unless a place names them by an absolute path.
    pub(crate) fn new(files: &'a dyn Files, root: &'a str) -> Self {
        Self { files, root, items: Vec::new(), texts: BTreeMap::new() }
    }

    /// The place that it is all about.
    pub(crate) fn primary(&mut self, place: &Place, says: &str) {
        self.add(place, AnnotationKind::Primary, says);
    }

    /// A place that has to do with it.
    pub(crate) fn context(&mut self, place: &Place, says: &str) {
        self.add(place, AnnotationKind::Context, says);
    }

    /// Something that has no place.
    pub(crate) fn note(&mut self, says: &str) {
        let says = says.to_owned();
        self.items.push(Item { place: None, kind: AnnotationKind::Context, says });
    }

    fn add(&mut self, place: &Place, kind: AnnotationKind, says: &str) {
        if may_be_shown(&place.file) && !self.texts.contains_key(&place.file) {
            let path = hob_compose::files::join(self.root, &place.file);
            let text = self.files.read(&path).ok().and_then(|it| String::from_utf8(it).ok());
            self.texts.extend(text.map(|text| (place.file.clone(), text)));
        }
        self.items.push(Item { place: Some(place.clone()), kind, says: says.to_owned() });
    }

    /// All of them, without a line end.
    pub(crate) fn text(&self, width: usize) -> String {
        let mut group = Group::with_level(Level::NOTE);
        for item in &self.items {
            group = match self.snippet(item) {
                Some(snippet) => group.element(snippet),
                None => {
                    let place = item.place.as_ref().map(|place| format!("at {}", at(place)));
                    let says = [Some(item.says.clone()), place].into_iter().flatten();
                    let says: Vec<String> = says.filter(|part| !part.is_empty()).collect();
                    group.element(Level::NOTE.no_name().message(says.join(" ")))
                }
            };
        }
        Renderer::styled().term_width(width).render(&[group])
    }

    fn snippet<'s>(
        &'s self,
        item: &'s Item,
    ) -> Option<Snippet<'s, annotate_snippets::Annotation<'s>>> {
        let place = item.place.as_ref()?;
        let (line, span) = line_and_span(self.texts.get(&place.file)?, place)?;
        let label = (!item.says.is_empty()).then_some(item.says.as_str());
        Some(
            Snippet::source(line)
                .line_start(place.line as usize)
                .path(shown(&place.file))
                .annotation(item.kind.span(span).label(label)),
        )
    }
}
