//! Keys: identities open, recipients are who a text is sealed for.

use std::{
    fmt,
    io::{Read, Write},
    str::FromStr,
};

use age::{
    Decryptor, Encryptor,
    armor::{ArmoredReader, ArmoredWriter, Format},
    secrecy::ExposeSecret,
    x25519,
};
use hob_model::Secret;

use crate::error::{Error, Result};

/// Longest text that is opened: keys, notes, small files.
const SIZE_MAX: u64 = 64 << 20;

/// A public key, `age1...`: texts are sealed for it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Recipient(String);

impl Recipient {
    /// Reads `age1...`.
    ///
    /// # Errors
    /// [`Error::Key`] if it is none; the text is quoted, a public key is no secret, but not if it
    /// looks like a private one.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        if text.to_ascii_uppercase().starts_with("AGE-SECRET-KEY-") {
            let why = "this is a private key; the public one begins with age1";
            return Err(Error::Key(why.to_owned()));
        }
        match x25519::Recipient::from_str(text) {
            Ok(recipient) => Ok(Self(recipient.to_string())),
            Err(why) => Err(Error::Key(format!("{text:?} is no public age key (age1...): {why}"))),
        }
    }

    /// `age1...`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn key(&self) -> Result<x25519::Recipient> {
        x25519::Recipient::from_str(&self.0).map_err(|why| Error::Key(why.to_owned()))
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The private keys that somebody has.
#[derive(Clone, Default)]
pub struct Keyring {
    identities: Vec<x25519::Identity>,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring({} keys)", self.identities.len())
    }
}

impl Keyring {
    /// Reads a key file as `age-keygen` writes it: a key on each line, and comments.
    ///
    /// # Errors
    /// [`Error::Key`] with the number of a line that is none; the line is not quoted.
    pub fn parse(text: &str) -> Result<Self> {
        let mut identities = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let identity = x25519::Identity::from_str(line).map_err(|why| {
                let number = index + 1;
                Error::Key(format!(
                    "line {number} is no private age key (AGE-SECRET-KEY-1...): {why}"
                ))
            })?;
            identities.push(identity);
        }
        Ok(Self { identities })
    }

    /// A new key, as the text of a key file, with the public key in a comment.
    pub fn generate() -> (Secret<String>, Recipient) {
        let identity = x25519::Identity::generate();
        let recipient = Recipient(identity.to_public().to_string());
        let text = format!("# public key: {recipient}\n{}\n", identity.to_string().expose_secret());
        (Secret::new(text), recipient)
    }

    /// These and those.
    pub fn extend(&mut self, other: Self) {
        self.identities.extend(other.identities);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.identities.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.identities.is_empty()
    }

    /// The public keys.
    pub fn recipients(&self) -> Vec<Recipient> {
        self.identities.iter().map(|key| Recipient(key.to_public().to_string())).collect()
    }

    /// Opens what was sealed for one of the keys, armoured or not; `None` if for none of them, or
    /// if the text is damaged.
    pub fn open(&self, sealed: &[u8]) -> Option<Secret<Vec<u8>>> {
        let decryptor = Decryptor::new(ArmoredReader::new(sealed)).ok()?;
        let keys = self.identities.iter().map(|key| key as &dyn age::Identity);
        let mut opened = Vec::new();
        decryptor.decrypt(keys).ok()?.take(SIZE_MAX).read_to_end(&mut opened).ok()?;
        Some(Secret::new(opened))
    }
}

/// Seals a text for all of the recipients, armoured, as `age --armor` does.
///
/// # Errors
/// [`Error::Key`] if there is no recipient.
pub fn seal(text: &[u8], recipients: &[Recipient]) -> Result<String> {
    let keys: Vec<x25519::Recipient> =
        recipients.iter().map(Recipient::key).collect::<Result<_>>()?;
    let failed = |why: &dyn fmt::Display| Error::Key(format!("sealing: {why}"));
    let encryptor = Encryptor::with_recipients(keys.iter().map(|key| key as &dyn age::Recipient))
        .map_err(|why| failed(&why))?;
    let mut sealed = Vec::new();
    let armour =
        ArmoredWriter::wrap_output(&mut sealed, Format::AsciiArmor).map_err(|why| failed(&why))?;
    let mut writer = encryptor.wrap_output(armour).map_err(|why| failed(&why))?;
    writer
        .write_all(text)
        .and_then(|()| writer.finish())
        .and_then(ArmoredWriter::finish)
        .map_err(|why| failed(&why))?;
    String::from_utf8(sealed).map_err(|why| failed(&why))
}
