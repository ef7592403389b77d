//! Secrets in files: keys in the format of [`age`](https://age-encryption.org/v1), files in that of
//! [SOPS](https://github.com/getsops/sops), and Ansible Vault files to import.
//!
//! Texts in, texts out: nothing here reads a file or the clock. What is secret comes out as
//! [`Secret`](hob_model::Secret), and no error text quotes a value.

mod error;
pub mod keys;
pub mod sops;
pub mod vault;

pub use error::{Error, Result, keys_in_words};
