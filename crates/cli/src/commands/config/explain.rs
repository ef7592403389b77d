//! Where values come from, told and as data.

use std::collections::BTreeMap;

use hob_compose::{Explained, Files, Place, Set, Used, Way};
use serde_json::{Value, json};

use crate::{
    render::{
        findings::{at, shown},
        snippets::Snippets,
    },
    style::{HEADING, paint},
};

/// Who sets variables and which layer a file is.
#[derive(Default)]
pub(super) struct Sources {
    /// Who set a variable and where, by its name.
    pub(super) variables: BTreeMap<String, (String, Option<Place>)>,
    /// The layers of a stack: the pattern by the file.
    pub(super) layers: BTreeMap<String, String>,
}

/// Values that are shown with their lines; more are shown in a list.
const WITH_LINES_MAX: usize = 3;

/// What there is to tell about some values.
pub(super) struct Told<'a> {
    pub(super) explained: &'a [Explained],
    pub(super) sources: &'a Sources,
    pub(super) files: &'a dyn Files,
    pub(super) root: &'a str,
}

impl Told<'_> {
    /// In words, with the lines of the files if there are few values.
    pub(super) fn text(&self, width: usize) -> String {
        let with_lines = self.explained.len() <= WITH_LINES_MAX;
        let told = self.explained.iter().map(|one| match with_lines {
            true => self.with_lines(one, width),
            false => self.in_list(one),
        });
        told.collect()
    }

    fn with_lines(&self, one: &Explained, width: usize) -> String {
        let mut snippets = Snippets::new(self.files, self.root);
        snippets.primary(&one.way.written, &self.layer(&one.way.written));
        self.lines_of(&one.way, &mut snippets);
        for earlier in &one.replaced {
            let layer = self.layer(&earlier.written);
            snippets.context(&earlier.written, &with("it replaced this value", &layer));
            self.lines_of(earlier, &mut snippets);
        }
        format!("{}\n{}\n\n", heading(one), snippets.text(width))
    }

    fn lines_of(&self, way: &Way, snippets: &mut Snippets<'_>) {
        for used in &way.variables {
            let (by, place) = self.setter(used);
            let says = format!("{} {by}", used.name);
            match &place {
                Some(place) => snippets.context(place, &says),
                None => snippets.note(&says),
            }
        }
        for station in &way.through {
            snippets.context(&station.place, station.phrase());
        }
    }

    fn in_list(&self, one: &Explained) -> String {
        let mut text = format!("{}\n", heading(one));
        self.list_way("written", &one.way, &mut text);
        for earlier in &one.replaced {
            self.list_way("it replaced the value", earlier, &mut text);
        }
        text
    }

    fn list_way(&self, says: &str, way: &Way, text: &mut String) {
        let layer = self.layer(&way.written);
        *text += &format!("  {} at {}\n", with(says, &layer), at(&way.written));
        for used in &way.variables {
            let (by, place) = self.setter(used);
            let place = place.map(|place| format!(" at {}", at(&place))).unwrap_or_default();
            *text += &format!("  {} {by}{place}\n", used.name);
        }
        for station in &way.through {
            *text += &format!("  {}: {}\n", station.phrase(), at(&station.place));
        }
    }

    /// Who set a variable, as the end of a sentence about it, and where.
    fn setter(&self, used: &Used) -> (String, Option<Place>) {
        match &used.set {
            Set::Default => {
                ("is not set, so its default counts".to_owned(), Some(used.place.clone()))
            }
            Set::Nowhere => ("is not set anywhere".to_owned(), Some(used.place.clone())),
            Set::EnvFile(place) => {
                ("is set by a file of the include".to_owned(), Some(place.clone()))
            }
            Set::Environment => match self.sources.variables.get(&used.name) {
                Some((by, place)) => (format!("is set by {by}"), place.clone()),
                None => ("is set by the environment".to_owned(), None),
            },
        }
    }

    fn layer(&self, place: &Place) -> String {
        let pattern = self.sources.layers.get(&place.file);
        pattern.map(|pattern| format!("layer {pattern}")).unwrap_or_default()
    }

    /// As data.
    pub(super) fn json(&self) -> Value {
        let values = self.explained.iter().map(|Explained { path, value, way, replaced }| {
            let mut one = self.json_of(way);
            if let Value::Object(fields) = &mut one {
                let replaced: Vec<Value> = replaced.iter().map(|way| self.json_of(way)).collect();
                let value = serde_json::to_value(value).unwrap_or_default();
                fields.insert("path".to_owned(), json!(path));
                fields.insert("value".to_owned(), value);
                fields.insert("replaced".to_owned(), Value::Array(replaced));
            }
            one
        });
        values.collect()
    }

    fn json_of(&self, way: &Way) -> Value {
        let Way { written, variables, through } = way;
        let variables: Vec<Value> = variables
            .iter()
            .map(|used| {
                let (_, set_at) = self.setter(used);
                let (set, by) = match &used.set {
                    Set::Default => ("default", None),
                    Set::Nowhere => ("nowhere", None),
                    Set::EnvFile(_) => ("include", None),
                    Set::Environment => {
                        let by = self.sources.variables.get(&used.name);
                        ("environment", by.map(|(by, _)| by.clone()))
                    }
                };
                let set_at = set_at.filter(|_| !matches!(used.set, Set::Default | Set::Nowhere));
                json!({
                    "name": used.name, "used_at": place(&used.place), "set": set, "by": by,
                    "set_at": set_at.as_ref().map(place),
                })
            })
            .collect();
        let through: Vec<Value> = through
            .iter()
            .map(|station| json!({"what": station.phrase(), "at": place(&station.place)}))
            .collect();
        json!({
            "at": place(written),
            "layer": self.sources.layers.get(&written.file),
            "variables": variables,
            "through": through,
        })
    }
}

fn heading(one: &Explained) -> String {
    let value = serde_json::to_string(&one.value).unwrap_or_default();
    format!("{} {value}", paint(HEADING, format!("{}:", one.path)))
}

fn with(says: &str, layer: &str) -> String {
    if layer.is_empty() { says.to_owned() } else { format!("{says}, {layer}") }
}

fn place(place: &Place) -> Value {
    let Place { file, line, column, len: _ } = place;
    json!({ "file": shown(file), "line": line, "column": column })
}
