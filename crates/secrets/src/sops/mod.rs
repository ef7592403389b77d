//! Files in the format of SOPS: names in clear, values sealed, one seal over all of it.
//!
//! The format is that of `sops.go` and `aes/cipher.go` in SOPS 3: each value is sealed with
//! AES-256-GCM under the keys that lead to it; the key is sealed for each recipient; the digest of
//! all values in order is sealed under the time of the last change. Keys other than age's (PGP,
//! clouds) stay in a file as they are and cannot be used.

mod cipher;
pub mod creation;
mod document;
mod dotenv;
mod json;
mod metadata;
pub mod plain;
mod yaml;

use std::fmt;

use hob_model::Secret;
use sha2::{Digest as _, Sha256, Sha512};

pub use cipher::Kind;
pub use document::{Name, Step};

use crate::{
    error::{Error, Result},
    keys::{Keyring, Recipient, seal},
};
use cipher::{DataKey, Unopened};
use creation::CreationRule;
use document::{Document, Leaf, METADATA, Scalar};
use metadata::{AgeKey, Metadata};

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `.yaml`, `.yml`.
    Yaml,
    /// `.json`.
    Json,
    /// `.env`.
    Dotenv,
}

impl Format {
    /// By the ending of the file's name, as SOPS chooses.
    pub fn of(file: &str) -> Option<Self> {
        match file.rsplit_once('.')?.1 {
            "yaml" | "yml" => Some(Self::Yaml),
            "json" => Some(Self::Json),
            "env" => Some(Self::Dotenv),
            _ => None,
        }
    }

    fn parse(self, file: &str, text: &str) -> Result<Box<dyn Document>> {
        Ok(match self {
            Self::Yaml => Box::new(yaml::Yaml::parse(file, text)?),
            Self::Json => Box::new(json::Json::parse(file, text)?),
            Self::Dotenv => Box::new(dotenv::Dotenv::parse(file, text)?),
        })
    }

    fn empty(self) -> String {
        match self {
            Self::Yaml => yaml::empty(),
            Self::Json => json::empty(),
            Self::Dotenv => dotenv::empty(),
        }
    }
}

/// Whether a text is a SOPS file, as far as can be seen without a key.
pub fn is_sops(file: &str, text: &str) -> bool {
    let Some(format) = Format::of(file) else { return false };
    format.parse(file, text).and_then(|document| document.metadata()).is_ok()
}

/// The names in a SOPS file, which are not secret, in order.
///
/// # Errors
/// If it is no SOPS file.
pub fn names(file: &str, text: &str, format: Format) -> Result<Vec<Name>> {
    let document = format.parse(file, text)?;
    document.metadata()?;
    Ok(document.leaves()?.into_iter().map(|leaf| leaf.name).collect())
}

/// For whom a SOPS file is: the age keys.
///
/// # Errors
/// If it is no SOPS file.
pub fn recipients(file: &str, text: &str, format: Format) -> Result<Vec<String>> {
    let metadata = format.parse(file, text)?.metadata()?;
    Ok(metadata.age.into_iter().map(|key| key.recipient).collect())
}

/// A value out of an opened file.
#[derive(Clone, Debug)]
pub struct Value {
    /// Its name.
    pub name: Name,
    /// Its text; numbers as digits, truth values as `true` and `false`.
    pub text: Secret<String>,
    /// What it is.
    pub kind: Kind,
    /// Whether the file has it sealed; otherwise everybody can read it there.
    pub is_sealed: bool,
    /// Its line, counted from 1, where the format has lines.
    pub line: Option<u32>,
}

/// A SOPS file that was opened, and can be changed.
pub struct Sops {
    file: String,
    format: Format,
    document: Box<dyn Document>,
    metadata: Metadata,
    key: DataKey,
    values: Vec<Value>,
}

impl fmt::Debug for Sops {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sops({}, {} values)", self.file, self.values.len())
    }
}

impl Sops {
    /// Opens a file and checks its seal.
    ///
    /// # Errors
    /// If it is no SOPS file, if none of the keys opens it, or if it was changed without a key.
    pub fn open(file: &str, text: &str, format: Format, keys: &Keyring) -> Result<Self> {
        let document = format.parse(file, text)?;
        let metadata = document.metadata()?;
        let opened = metadata.age.iter().find_map(|key| keys.open(key.enc.as_bytes()));
        let key =
            opened.and_then(|bytes| DataKey::from_bytes(bytes.expose())).ok_or_else(|| {
                Error::NoKey {
                    file: file.to_owned(),
                    keys: keys.len(),
                    recipients: metadata.age.iter().map(|key| key.recipient.clone()).collect(),
                }
            })?;
        let values = values(file, document.as_ref(), &metadata, &key)?;
        let this = Self { file: file.to_owned(), format, document, metadata, key, values };
        this.check_seal()?;
        Ok(this)
    }

    /// A new file without values. `now` is the time in UTC as RFC 3339 has it, in whole seconds.
    ///
    /// # Errors
    /// If there is no recipient, or no random bytes.
    pub fn create(file: &str, format: Format, recipients: &[Recipient], now: &str) -> Result<Self> {
        let rule = CreationRule { recipients: recipients.to_vec(), ..CreationRule::default() };
        Self::create_by(file, format, &rule, now)
    }

    /// A new file without values, made as a rule of `.sops.yaml` has it.
    ///
    /// # Errors
    /// If there is no recipient, or no random bytes.
    pub fn create_by(file: &str, format: Format, rule: &CreationRule, now: &str) -> Result<Self> {
        let CreationRule { recipients, sealing } = rule;
        let key = DataKey::generate()?;
        let mut document = format.parse(file, &format.empty())?;
        document.set_age(&sealed_for(recipients, &key)?)?;
        if let Some((name, text)) = sealing {
            document.set_metadata(name, text)?;
        }
        document.set_metadata("lastmodified", now)?;
        document.set_metadata("mac", &mac(&[], false, &key, now)?)?;
        let metadata = document.metadata()?;
        Ok(Self { file: file.to_owned(), format, document, metadata, key, values: Vec::new() })
    }

    /// Its values, in order.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// The value of this name.
    pub fn get(&self, name: &Name) -> Option<&Value> {
        self.values.iter().find(|value| value.name == *name)
    }

    /// Sets a value, new or not; it is a text then.
    ///
    /// # Errors
    /// If the name leads to a mapping or a list, or through a value.
    pub fn set(&mut self, name: &Name, text: &Secret<String>, now: &str) -> Result<()> {
        let written = match self.metadata.rule.seals(&name.0) {
            true => self.key.seal(text.expose(), Kind::Str, &name.sealed_under())?,
            false => text.expose().clone(),
        };
        self.document.set(name, &written)?;
        self.seal_again(now)
    }

    /// Takes a value out.
    ///
    /// # Errors
    /// If there is none of this name.
    pub fn remove(&mut self, name: &Name, now: &str) -> Result<()> {
        self.document.remove(name)?;
        self.seal_again(now)
    }

    /// Makes the file one for these recipients. Who could open it keeps what was seen: to shut
    /// somebody out, change the values as well, or [`Sops::rotate`] at least.
    ///
    /// # Errors
    /// If there is no recipient.
    pub fn set_recipients(&mut self, recipients: &[Recipient], now: &str) -> Result<()> {
        self.document.set_age(&sealed_for(recipients, &self.key)?)?;
        self.seal_again(now)
    }

    /// Seals everything again, with a new key, for these recipients.
    ///
    /// # Errors
    /// If there is no recipient, if comments of the file are sealed, which would be lost, or if
    /// keys other than age's can open it, for which the new key cannot be sealed.
    pub fn rotate(&mut self, recipients: &[Recipient], now: &str) -> Result<()> {
        if let Some(kind) = self.metadata.other_keys {
            let what = format!(
                "it is also for keys under sops.{kind}, for which a new key cannot be sealed here; \
                 let sops rotate it, or take them out first"
            );
            return Err(Error::Unsupported { file: self.file.clone(), what });
        }
        if self.document.has_sealed_comments() {
            let what = "the file has sealed comments, which cannot be sealed again here; remove \
                        them first";
            return Err(Error::Unsupported { file: self.file.clone(), what: what.to_owned() });
        }
        let key = DataKey::generate()?;
        for value in self.values.iter().filter(|value| value.is_sealed) {
            let text = written_as(value.kind, value.text.expose());
            let sealed = key.seal(&text, value.kind, &value.name.sealed_under())?;
            self.document.set(&value.name, &sealed)?;
        }
        self.document.set_age(&sealed_for(recipients, &key)?)?;
        self.key = key;
        self.seal_again(now)
    }

    /// For whom the file is.
    pub fn recipients(&self) -> Vec<String> {
        self.metadata.age.iter().map(|key| key.recipient.clone()).collect()
    }

    /// The file as it is now.
    pub fn text(&self) -> String {
        self.document.text()
    }

    fn seal_again(&mut self, now: &str) -> Result<()> {
        let leaves = opened(&self.file, self.document.as_ref(), &self.metadata, &self.key)?;
        let mac = mac(&leaves, self.metadata.mac_only_encrypted, &self.key, now)?;
        self.document.set_metadata("lastmodified", now)?;
        self.document.set_metadata("mac", &mac)?;
        self.metadata = self.document.metadata()?;
        self.values = values(&self.file, self.document.as_ref(), &self.metadata, &self.key)?;
        Ok(())
    }

    fn check_seal(&self) -> Result<()> {
        let forged = |what: &str| Error::Forged { file: self.file.clone(), what: what.to_owned() };
        let Metadata { mac, last_modified, mac_only_encrypted, .. } = &self.metadata;
        let sealed = self.key.open(mac, last_modified);
        let (sealed, _) = sealed.map_err(|_| forged("its seal (sops.mac) does not open"))?;
        let leaves = opened(&self.file, self.document.as_ref(), &self.metadata, &self.key)?;
        match *sealed.expose() == digest(&leaves, *mac_only_encrypted) {
            true => Ok(()),
            false => Err(forged("its values do not fit its seal (sops.mac)")),
        }
    }
}

fn sealed_for(recipients: &[Recipient], key: &DataKey) -> Result<Vec<AgeKey>> {
    let mut keys = Vec::new();
    for recipient in recipients {
        let enc = seal(key.bytes(), std::slice::from_ref(recipient))?;
        keys.push(AgeKey { recipient: recipient.to_string(), enc });
    }
    match keys.is_empty() {
        true => Err(Error::Key("a file needs somebody who can open it: name a key".to_owned())),
        false => Ok(keys),
    }
}

/// A leaf with what it says: `None` for nothing.
struct Opened {
    leaf: Leaf,
    text: Option<Secret<String>>,
    kind: Kind,
    is_sealed: bool,
}

fn opened(
    file: &str,
    document: &dyn Document,
    metadata: &Metadata,
    key: &DataKey,
) -> Result<Vec<Opened>> {
    let mut all = Vec::new();
    for leaf in document.leaves()? {
        let forged = |what: String| Error::Forged { file: file.to_owned(), what };
        let is_sealed = metadata.rule.seals(&leaf.name.0) && leaf.value != Scalar::Null;
        let (text, kind) = match (&leaf.value, is_sealed) {
            (Scalar::Str(sealed), true) => {
                let name = leaf.name.sealed_under();
                let (text, kind) = key.open(sealed, &name).map_err(|why| match why {
                    Unopened::NotSealed => forged(format!("{} is not sealed", leaf.name)),
                    Unopened::WrongKey => forged(format!("{} does not open", leaf.name)),
                })?;
                (Some(text), kind)
            }
            (_, true) => return Err(forged(format!("{} is not sealed", leaf.name))),
            (value, false) => (value.digested().map(Secret::new), kind_of(value)),
        };
        all.push(Opened { leaf, text, kind, is_sealed });
    }
    Ok(all)
}

fn kind_of(value: &Scalar) -> Kind {
    match value {
        Scalar::Str(_) | Scalar::Null => Kind::Str,
        Scalar::Int(_) => Kind::Int,
        Scalar::Float(_) => Kind::Float,
        Scalar::Bool(_) => Kind::Bool,
    }
}

fn values(
    file: &str,
    document: &dyn Document,
    metadata: &Metadata,
    key: &DataKey,
) -> Result<Vec<Value>> {
    let leaves = opened(file, document, metadata, key)?;
    let value = |Opened { leaf, text, kind, is_sealed }: Opened| {
        let text = match (kind, text?) {
            (Kind::Bool, text) => Secret::new(text.expose().to_ascii_lowercase()),
            (_, text) => text,
        };
        Some(Value { name: leaf.name, text, kind, is_sealed, line: leaf.line })
    };
    Ok(leaves.into_iter().filter_map(value).collect())
}

/// A value as it is sealed.
fn written_as(kind: Kind, text: &str) -> String {
    match (kind, text) {
        (Kind::Bool, "true") => "True".to_owned(),
        (Kind::Bool, "false") => "False".to_owned(),
        _ => text.to_owned(),
    }
}

/// The digest that the seal holds, after `computeMac` in `sops.go`.
fn digest(leaves: &[Opened], only_sealed: bool) -> String {
    let mut hash = Sha512::new();
    if only_sealed {
        // So that a digest of only some values is never one of all of them.
        hash.update(Sha256::digest("sops"));
    }
    for leaf in leaves.iter().filter(|leaf| leaf.is_sealed || !only_sealed) {
        if let Some(text) = &leaf.text {
            hash.update(text.expose());
        }
    }
    hash.finalize().iter().map(|byte| format!("{byte:02X}")).collect()
}

fn mac(leaves: &[Opened], only_sealed: bool, key: &DataKey, now: &str) -> Result<String> {
    key.seal(&digest(leaves, only_sealed), Kind::Str, now)
}
