//! Values that must not be shown.

use std::fmt;

/// A value that never prints itself: `Debug` shows a placeholder and there is no `Display` and no
/// `Serialize`. Whoever needs the value calls [`Secret::expose`], which is easy to look for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Wraps a value.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself; for the Engine's API, for files on a host and for digests only.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<secret>")
    }
}

impl From<&str> for Secret<String> {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// Parts of the names that secrets have, whoever gave them. Rather too many than too few: what is
/// called like this is not shown.
const SECRET_PARTS: [&str; 12] = [
    "PASS",
    "PWD",
    "SECRET",
    "TOKEN",
    "KEY",
    "CREDENTIAL",
    "AUTH",
    "PRIVATE",
    "DSN",
    "SALT",
    "HASH",
    "PSK",
];

/// Whether a variable, an option or a label is called like a secret, so that its value is hidden
/// wherever not everything can be.
pub fn sounds_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    SECRET_PARTS.iter().any(|part| name.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_known() {
        let names = [
            "DB_PASSWORD",
            "DB_PWD",
            "HTTP_AUTH",
            "client_secret",
            "API_TOKEN",
            "SENTRY_DSN",
            "ApiKey",
            "PASSWORD_SALT",
            "ADMIN_HASH",
            "wifi.psk",
        ];
        for name in names {
            assert!(sounds_secret(name), "{name}");
        }
        for name in ["TZ", "PORT", "DOMAIN", "PUID", "DATABASE_URL", "LOG_LEVEL"] {
            assert!(!sounds_secret(name), "{name}");
        }
    }
}
