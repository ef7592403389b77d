//! One sealed value: `ENC[AES256_GCM,data:...,iv:...,tag:...,type:...]`, after `aes/cipher.go` of
//! SOPS 3.

use aes_gcm::{
    Aes256Gcm, AesGcm, KeyInit,
    aead::{AeadInOut, array::Array, consts::U32},
    aes::Aes256,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hob_model::Secret;

use crate::error::{Error, Result};

/// What SOPS draws for each value.
type Nonce = [u8; 32];
/// AES-256-GCM with nonces of 32 bytes.
type Cipher = AesGcm<Aes256, U32>;

/// A key that all values of one file are sealed with.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct DataKey(Secret<[u8; 32]>);

/// What a value is, apart from its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Str,
    /// A whole number.
    Int,
    /// A number with a fraction.
    Float,
    /// `True` or `False`, as SOPS writes them.
    Bool,
    /// Bytes.
    Bytes,
    /// A point in time, RFC 3339.
    Time,
    /// A comment of the file.
    Comment,
}

impl Kind {
    const ALL: [(Kind, &str); 7] = [
        (Kind::Str, "str"),
        (Kind::Int, "int"),
        (Kind::Float, "float"),
        (Kind::Bool, "bool"),
        (Kind::Bytes, "bytes"),
        (Kind::Time, "time"),
        (Kind::Comment, "comment"),
    ];

    fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(kind, _)| *kind)
    }

    fn word(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("str", |(_, word)| word)
    }
}

/// Why a sealed value does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unopened {
    /// It does not read `ENC[...]`.
    NotSealed,
    /// It is sealed with another key, or under another name.
    WrongKey,
}

/// The parts between the brackets.
struct Sealed {
    data: Vec<u8>,
    nonce: Vec<u8>,
    tag: Vec<u8>,
    kind: Kind,
}

impl Sealed {
    fn parse(text: &str) -> Option<Self> {
        let inner = text.trim().strip_prefix("ENC[AES256_GCM,")?.strip_suffix(']')?;
        let (mut data, mut nonce, mut tag, mut kind) = (None, None, None, None);
        for part in inner.split(',') {
            let (name, value) = part.split_once(':')?;
            match name {
                "data" => data = Some(STANDARD.decode(value).ok()?),
                "iv" => nonce = Some(STANDARD.decode(value).ok()?),
                "tag" => tag = Some(STANDARD.decode(value).ok()?),
                "type" => kind = Some(Kind::parse(value)?),
                _ => return None,
            }
        }
        Some(Self { data: data?, nonce: nonce?, tag: tag?, kind: kind? })
    }
}

impl DataKey {
    /// A new one.
    pub(super) fn generate() -> Result<Self> {
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(|why| Error::Random(why.to_string()))?;
        Ok(Self(Secret::new(key)))
    }

    /// From what a recipient's key opened.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self(Secret::new(bytes.try_into().ok()?)))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.0.expose()
    }

    /// Seals a value under its name. An empty text stays empty, as SOPS has it.
    pub(super) fn seal(&self, text: &str, kind: Kind, name: &str) -> Result<String> {
        if text.is_empty() {
            return Ok(String::new());
        }
        let mut nonce: Nonce = [0; 32];
        getrandom::fill(&mut nonce).map_err(|why| Error::Random(why.to_string()))?;
        let cipher = Cipher::new(&Array(*self.0.expose()));
        let mut data = text.as_bytes().to_vec();
        let tag = cipher
            .encrypt_inout_detached(&Array(nonce), name.as_bytes(), data.as_mut_slice().into())
            .map_err(|_| Error::Key("the value is too long to be sealed".to_owned()))?;
        Ok(format!(
            "ENC[AES256_GCM,data:{},iv:{},tag:{},type:{}]",
            STANDARD.encode(data),
            STANDARD.encode(nonce),
            STANDARD.encode(tag),
            kind.word()
        ))
    }

    /// Opens a value that was sealed under this name.
    pub(super) fn open(
        &self,
        sealed: &str,
        name: &str,
    ) -> std::result::Result<(Secret<String>, Kind), Unopened> {
        if sealed.is_empty() {
            return Ok((Secret::new(String::new()), Kind::Str));
        }
        let Sealed { mut data, nonce, tag, kind } =
            Sealed::parse(sealed).ok_or(Unopened::NotSealed)?;
        let tag: [u8; 16] = tag.try_into().map_err(|_| Unopened::NotSealed)?;
        let (key, aad, inout) = (Array(*self.0.expose()), name.as_bytes(), data.as_mut_slice());
        let opened = match nonce.len() {
            32 => {
                let nonce: Nonce = nonce.try_into().map_err(|_| Unopened::NotSealed)?;
                let cipher = Cipher::new(&key);
                cipher.decrypt_inout_detached(&Array(nonce), aad, inout.into(), &Array(tag))
            }
            // Other programs that write the format use the nonce that GCM is made for.
            12 => {
                let nonce: [u8; 12] = nonce.try_into().map_err(|_| Unopened::NotSealed)?;
                let cipher = Aes256Gcm::new(&key);
                cipher.decrypt_inout_detached(&Array(nonce), aad, inout.into(), &Array(tag))
            }
            _ => return Err(Unopened::NotSealed),
        };
        opened.map_err(|_| Unopened::WrongKey)?;
        let text = String::from_utf8(data).map_err(|_| Unopened::WrongKey)?;
        Ok((Secret::new(text), kind))
    }
}
