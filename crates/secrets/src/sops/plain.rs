//! Files before they are sealed, and sealed ones laid open to be edited.

use hob_model::Secret;

use super::{Format, METADATA, Name, Sops, Step, document::Document};
use crate::error::Result;

/// Names and values of a file that is not sealed. Numbers and truth values become texts; what is
/// empty is left out.
///
/// # Errors
/// If it cannot be read.
pub fn read(file: &str, text: &str, format: Format) -> Result<Vec<(Name, Secret<String>)>> {
    let document = format.parse(file, text)?;
    let leaves = document.leaves()?.into_iter();
    let value = |leaf: super::document::Leaf| {
        let text = match leaf.value {
            super::document::Scalar::Bool(value) => value.to_string(),
            other => other.digested()?,
        };
        Some((leaf.name, Secret::new(text)))
    };
    Ok(leaves.filter_map(value).collect())
}

impl Sops {
    /// The file with all values in clear and without what SOPS needs to know. Comments that are
    /// not sealed are in it.
    ///
    /// # Errors
    /// If the file uses what cannot be written, such as a value behind an alias.
    pub fn laid_open(&self) -> Result<Secret<String>> {
        let format = self.format;
        let mut document = format.parse(&self.file, &self.document.text())?;
        for value in self.values.iter().filter(|value| value.is_sealed) {
            document.set(&value.name, value.text.expose())?;
        }
        let text = document.text();
        Ok(Secret::new(match format {
            Format::Dotenv => {
                let own = text.lines().filter(|line| !line.starts_with("sops_"));
                own.map(|line| format!("{line}\n")).collect()
            }
            Format::Yaml | Format::Json => without_metadata(document)?,
        }))
    }

    /// Makes its values those of a text that was edited; gives how many were set and taken out.
    ///
    /// # Errors
    /// If the text cannot be read, or names what cannot be set.
    pub fn take_over(&mut self, edited: &str, now: &str) -> Result<(usize, usize)> {
        let wanted = read(&self.file, edited, self.format)?;
        let gone: Vec<Name> = self
            .values
            .iter()
            .map(|value| value.name.clone())
            .filter(|name| wanted.iter().all(|(other, _)| other != name))
            .collect();
        let is_new = |(name, text): &&(Name, Secret<String>)| {
            self.get(name).is_none_or(|known| known.text != *text)
        };
        let changed: Vec<_> = wanted.iter().filter(is_new).cloned().collect();
        for name in &gone {
            self.remove(name, now)?;
        }
        for (name, text) in &changed {
            self.set(name, text, now)?;
        }
        Ok((changed.len(), gone.len()))
    }
}

fn without_metadata(mut document: Box<dyn Document>) -> Result<String> {
    document.remove(&Name(vec![Step::Key(METADATA.to_owned())]))?;
    Ok(document.text())
}
