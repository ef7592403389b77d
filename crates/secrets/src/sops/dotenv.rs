//! SOPS in dotenv files: `NAME=value` in lines, and what SOPS needs to know under names that begin
//! with `sops_`, after `stores/flatten.go` of SOPS 3.

use super::document::{Document, Leaf, Name, Scalar, Step};
use super::metadata::{AgeKey, Metadata};
use crate::error::{Error, Result};

const PREFIX: &str = "sops_";
const AGE: &str = "sops_age__list_";

pub(super) struct Dotenv {
    file: String,
    lines: Vec<String>,
}

impl Dotenv {
    pub(super) fn parse(file: &str, text: &str) -> Result<Self> {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        for (index, line) in lines.iter().enumerate() {
            let is_blank = line.trim().is_empty() || line.starts_with('#');
            if !is_blank && !line.contains('=') {
                return Err(Error::Syntax {
                    file: file.to_owned(),
                    line: u32::try_from(index + 1).ok(),
                    what: "this line is no comment and no NAME=value".to_owned(),
                });
            }
        }
        Ok(Self { file: file.to_owned(), lines })
    }

    /// Name, value and position of each line that has them.
    fn entries(&self) -> impl Iterator<Item = (usize, &str, &str)> {
        let lines = self.lines.iter().enumerate().filter(|(_, line)| !line.starts_with('#'));
        lines.filter_map(|(index, line)| {
            let (name, value) = line.split_once('=')?;
            Some((index, name, value))
        })
    }

    fn put(&mut self, name: &str, text: &str) {
        let line = format!("{name}={}", text.replace('\n', "\\n"));
        let at = self.entries().find(|(_, known, _)| *known == name).map(|(index, _, _)| index);
        match at {
            Some(index) => self.lines[index] = line,
            None if name.starts_with(PREFIX) => self.lines.push(line),
            None => {
                let first = self.entries().find(|(_, known, _)| known.starts_with(PREFIX));
                let end = first.map_or(self.lines.len(), |(index, _, _)| index);
                self.lines.insert(end, line);
            }
        }
    }

    fn key<'a>(&self, name: &'a Name) -> Result<&'a str> {
        match name.0.as_slice() {
            [Step::Key(key)] if is_variable(key) && !key.starts_with(PREFIX) => Ok(key),
            _ => Err(Error::Name {
                file: self.file.clone(),
                name: name.to_string(),
                what: "a dotenv file has names of letters, digits and _ only".to_owned(),
            }),
        }
    }
}

fn is_variable(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn unescaped(value: &str) -> String {
    value.replace("\\n", "\n")
}

impl Document for Dotenv {
    fn leaves(&self) -> Result<Vec<Leaf>> {
        let own = self.entries().filter(|(_, name, _)| !name.starts_with(PREFIX));
        let leaf = |(index, name, value): (usize, &str, &str)| Leaf {
            name: Name(vec![Step::Key(name.to_owned())]),
            value: Scalar::Str(unescaped(value)),
            line: u32::try_from(index + 1).ok(),
        };
        Ok(own.map(leaf).collect())
    }

    fn metadata(&self) -> Result<Metadata> {
        let read = |name: &str| {
            let wanted = format!("{PREFIX}{name}");
            let found = self.entries().find(|(_, name, _)| *name == wanted);
            found.map(|(_, _, value)| unescaped(value))
        };
        let mut age = Vec::new();
        for index in 0.. {
            let recipient = read(&format!("age__list_{index}__map_recipient"));
            let enc = read(&format!("age__list_{index}__map_enc"));
            let (Some(recipient), Some(enc)) = (recipient, enc) else { break };
            age.push(AgeKey { recipient, enc });
        }
        Metadata::read(&self.file, read, age)
    }

    fn has_sealed_comments(&self) -> bool {
        self.lines.iter().any(|line| line.starts_with("#ENC["))
    }

    fn set(&mut self, name: &Name, text: &str) -> Result<()> {
        let key = self.key(name)?;
        self.put(key, text);
        Ok(())
    }

    fn remove(&mut self, name: &Name) -> Result<()> {
        let key = self.key(name)?;
        let at = self.entries().find(|(_, known, _)| *known == key).map(|(index, _, _)| index);
        match at {
            Some(index) => {
                self.lines.remove(index);
                Ok(())
            }
            None => Err(Error::Name {
                file: self.file.clone(),
                name: name.to_string(),
                what: "there is no such value".to_owned(),
            }),
        }
    }

    fn set_metadata(&mut self, name: &str, text: &str) -> Result<()> {
        self.put(&format!("{PREFIX}{name}"), text);
        Ok(())
    }

    fn set_age(&mut self, keys: &[AgeKey]) -> Result<()> {
        self.lines.retain(|line| !line.starts_with(AGE));
        for (index, AgeKey { recipient, enc }) in keys.iter().enumerate() {
            self.put(&format!("{AGE}{index}__map_enc"), enc);
            self.put(&format!("{AGE}{index}__map_recipient"), recipient);
        }
        Ok(())
    }

    fn text(&self) -> String {
        self.lines.iter().map(|line| format!("{line}\n")).collect()
    }
}

/// A new file: nothing in it but what SOPS needs to know.
pub(super) fn empty() -> String {
    format!("{PREFIX}lastmodified=\n{PREFIX}mac=\n{PREFIX}version=3.9.0\n")
}
