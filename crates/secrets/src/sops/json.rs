//! SOPS in JSON, written with tabs as SOPS does.

use serde::Serialize as _;
use serde_json::{Map, Value, json, ser::PrettyFormatter};

use super::document::{Document, Leaf, METADATA, Name, Scalar, Step};
use super::metadata::{AgeKey, Metadata};
use crate::error::{Error, Result};

pub(super) struct Json {
    file: String,
    root: Map<String, Value>,
}

impl Json {
    pub(super) fn parse(file: &str, text: &str) -> Result<Self> {
        let root = serde_json::from_str(text).map_err(|why| Error::Syntax {
            file: file.to_owned(),
            line: u32::try_from(why.line()).ok(),
            what: format!("this is not a JSON object: {}", category(&why)),
        })?;
        Ok(Self { file: file.to_owned(), root })
    }

    fn no_value(&self, name: &Name, what: &str) -> Error {
        Error::Name { file: self.file.clone(), name: name.to_string(), what: what.to_owned() }
    }

    fn metadata_object(&mut self) -> Result<&mut Map<String, Value>> {
        let file = self.file.clone();
        let entry = self.root.entry(METADATA).or_insert_with(|| json!({}));
        let what = "sops is not an object".to_owned();
        entry.as_object_mut().ok_or(Error::Syntax { file, line: None, what })
    }
}

/// The messages of the parser may quote what is wrong; this says only what kind it is.
fn category(why: &serde_json::Error) -> &'static str {
    match why.classify() {
        serde_json::error::Category::Eof => "it ends too early",
        serde_json::error::Category::Data => "it is something else",
        _ => "syntax",
    }
}

impl Document for Json {
    fn leaves(&self) -> Result<Vec<Leaf>> {
        let mut leaves = Vec::new();
        for (key, value) in self.root.iter().filter(|(key, _)| *key != METADATA) {
            collect(value, &mut vec![Step::Key(key.clone())], &mut leaves);
        }
        Ok(leaves)
    }

    fn metadata(&self) -> Result<Metadata> {
        let under = self.root.get(METADATA);
        let keys = under.and_then(|node| node.get("age")?.as_array().cloned()).unwrap_or_default();
        let text = |node: &Value, name: &str| Some(node.get(name)?.as_str()?.to_owned());
        let age = keys.iter().filter_map(|key| {
            Some(AgeKey { recipient: text(key, "recipient")?, enc: text(key, "enc")? })
        });
        let read = |name: &str| match under?.get(name)? {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            Value::Array(items) => (!items.is_empty()).then(|| "a list".to_owned()),
            other => Some(other.to_string()),
        };
        Metadata::read(&self.file, read, age.collect())
    }

    fn has_sealed_comments(&self) -> bool {
        false
    }

    fn set(&mut self, name: &Name, text: &str) -> Result<()> {
        let impossible = self.no_value(name, "there is no such value, and it cannot be added here");
        let is_whole = self.no_value(name, "this is an object or a list; name a value in it");
        let mut steps = name.0.iter().peekable();
        let Some(Step::Key(first)) = steps.next() else { return Err(impossible) };
        let mut node = self.root.entry(first).or_insert(Value::Null);
        for step in steps {
            node = match step {
                Step::Key(key) => {
                    if node.is_null() {
                        *node = json!({});
                    }
                    let Some(object) = node.as_object_mut() else { return Err(impossible) };
                    object.entry(key).or_insert(Value::Null)
                }
                Step::Index(at) => {
                    let Some(item) = node.as_array_mut().and_then(|list| list.get_mut(*at)) else {
                        return Err(impossible);
                    };
                    item
                }
            };
        }
        if node.is_object() || node.is_array() {
            return Err(is_whole);
        }
        *node = Value::from(text);
        // What SOPS needs to know stays behind what is new.
        if let Some(metadata) = self.root.shift_remove(METADATA) {
            self.root.insert(METADATA.to_owned(), metadata);
        }
        Ok(())
    }

    fn remove(&mut self, name: &Name) -> Result<()> {
        let missing = self.no_value(name, "there is no such value");
        match take(&mut self.root, &name.0) {
            true => Ok(()),
            false => Err(missing),
        }
    }

    fn set_metadata(&mut self, name: &str, text: &str) -> Result<()> {
        self.metadata_object()?.insert(name.to_owned(), Value::from(text));
        Ok(())
    }

    fn set_age(&mut self, keys: &[AgeKey]) -> Result<()> {
        let keys = keys.iter().map(|key| json!({ "recipient": key.recipient, "enc": key.enc }));
        let keys = keys.collect();
        self.metadata_object()?.insert("age".to_owned(), Value::Array(keys));
        Ok(())
    }

    fn text(&self) -> String {
        let mut text = Vec::new();
        let formatter = PrettyFormatter::with_indent(b"\t");
        let mut serializer = serde_json::Serializer::with_formatter(&mut text, formatter);
        // Writing a value of JSON to memory does not fail.
        let _ = self.root.serialize(&mut serializer);
        text.push(b'\n');
        String::from_utf8(text).unwrap_or_default()
    }
}

/// A new file: nothing in it but what SOPS needs to know.
pub(super) fn empty() -> String {
    let sops = json!({ "age": [], "lastmodified": "", "mac": "", "version": "3.9.0" });
    json!({ METADATA: sops }).to_string()
}

fn collect(value: &Value, path: &mut Vec<Step>, leaves: &mut Vec<Leaf>) {
    let scalar = match value {
        Value::Object(object) => {
            for (key, value) in object {
                path.push(Step::Key(key.clone()));
                collect(value, path, leaves);
                path.pop();
            }
            return;
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(Step::Index(index));
                collect(item, path, leaves);
                path.pop();
            }
            return;
        }
        Value::Null => Scalar::Null,
        Value::Bool(value) => Scalar::Bool(*value),
        Value::String(text) => Scalar::Str(text.clone()),
        Value::Number(number) => match number.as_i64() {
            Some(number) => Scalar::Int(number),
            None => Scalar::Float(number.as_f64().unwrap_or_default()),
        },
    };
    leaves.push(Leaf { name: Name(path.clone()), value: scalar, line: None });
}

/// Takes a value out of an object, and objects that are empty then.
fn take(object: &mut Map<String, Value>, path: &[Step]) -> bool {
    match path {
        [Step::Key(key)] => object.shift_remove(key).is_some(),
        [Step::Key(key), rest @ ..] => {
            let Some(inner) = object.get_mut(key).and_then(Value::as_object_mut) else {
                return false;
            };
            let done = take(inner, rest);
            if inner.is_empty() {
                object.shift_remove(key);
            }
            done
        }
        _ => false,
    }
}
