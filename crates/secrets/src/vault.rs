//! Ansible Vault files, to import what they hold: format 1.1 and 1.2, AES256, after
//! `parsing/vault/__init__.py` of Ansible.

use aes::Aes256;
use ctr::cipher::{KeyIvInit, StreamCipher};
use hmac::{Hmac, KeyInit, Mac};
use hob_model::Secret;
use sha2::Sha256;

use crate::error::{Error, Result};

const HEADER: &str = "$ANSIBLE_VAULT;";
/// Fixed in the format.
const ROUNDS: u32 = 10_000;

/// Whether a text is an Ansible Vault file.
pub fn is_vault(text: &str) -> bool {
    text.starts_with(HEADER)
}

/// What a vault holds.
///
/// # Errors
/// If it is none, of a cipher that is not known, or not sealed with this password.
pub fn open(file: &str, text: &str, password: &Secret<String>) -> Result<Secret<Vec<u8>>> {
    let syntax = |line: u32, what: &str| Error::Syntax {
        file: file.to_owned(),
        line: Some(line),
        what: what.to_owned(),
    };
    let mut lines = text.lines();
    let header = lines.next().unwrap_or_default().trim_end();
    let Some(header) = header.strip_prefix(HEADER) else {
        return Err(syntax(1, "this is no Ansible Vault file"));
    };
    let mut parts = header.split(';');
    let (version, cipher) = (parts.next(), parts.next());
    if !matches!(version, Some("1.1" | "1.2")) || cipher != Some("AES256") {
        return Err(syntax(1, "only vaults of version 1.1 and 1.2 with AES256 are known"));
    }
    let body: String = lines.flat_map(|line| line.trim().chars()).collect();
    let damaged = || syntax(2, "the vault is damaged: its body is not three hexadecimal parts");
    // The body is hexadecimal, of three lines that are hexadecimal once more.
    let inner = unhex(&body).and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(damaged)?;
    let mut parts = inner.split('\n').map(|part| unhex(part.trim()));
    let mut part = || parts.next().flatten().ok_or_else(damaged);
    let (salt, tag, mut data) = (part()?, part()?, part()?);

    let mut derived = [0u8; 80];
    pbkdf2::pbkdf2::<Hmac<Sha256>>(password.expose().as_bytes(), &salt, ROUNDS, &mut derived)
        .map_err(|_| damaged())?;
    let (key, rest) = derived.split_at(32);
    let (tag_key, nonce) = rest.split_at(32);
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(tag_key).map_err(|_| damaged())?;
    mac.update(&data);
    mac.verify_slice(&tag)
        .map_err(|_| Error::Key(format!("{file}: this is not the password of this vault")))?;
    let mut stream = ctr::Ctr128BE::<Aes256>::new_from_slices(key, nonce).map_err(|_| damaged())?;
    stream.apply_keystream(&mut data);
    // PKCS#7: the last byte says how many are filling.
    let filling = usize::from(*data.last().ok_or_else(damaged)?);
    let length = data.len().checked_sub(filling).filter(|_| (1..=16).contains(&filling));
    data.truncate(length.ok_or_else(damaged)?);
    Ok(Secret::new(data))
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}
