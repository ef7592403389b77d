//! Names that say that their value is a secret, and names that only sound like it.

/// Words that make a name that of a secret, wherever they stand in it.
const WORDS: [&str; 12] = [
    "password",
    "passwd",
    "passphrase",
    "pass",
    "pwd",
    "secret",
    "secrets",
    "token",
    "apikey",
    "credential",
    "credentials",
    "psk",
];

/// Pairs of words that do.
const PAIRS: [(&str, &str); 14] = [
    ("api", "key"),
    ("private", "key"),
    ("secret", "key"),
    ("access", "key"),
    ("encryption", "key"),
    ("auth", "key"),
    ("master", "key"),
    ("app", "key"),
    ("account", "key"),
    ("session", "key"),
    ("signing", "key"),
    ("preshared", "key"),
    ("license", "key"),
    ("jwt", "key"),
];

/// Words that, at the end of a name, say that the value is about a secret and not the secret.
const ABOUT: [&str; 52] = [
    "file",
    "files",
    "path",
    "dir",
    "folder",
    "url",
    "uri",
    "endpoint",
    "host",
    "name",
    "username",
    "user",
    "id",
    "ids",
    "ttl",
    "length",
    "len",
    "size",
    "expiry",
    "expires",
    "expiration",
    "lifetime",
    "timeout",
    "duration",
    "enabled",
    "enable",
    "disabled",
    "required",
    "type",
    "header",
    "policy",
    "min",
    "max",
    "count",
    "limit",
    "algorithm",
    "method",
    "issuer",
    "audience",
    "hash",
    "hashed",
    "prefix",
    "field",
    "label",
    "env",
    "command",
    "reset",
    "version",
    "mount",
    "validity",
    "format",
    "store",
];

/// Words that, in front, say the same: `public_token`, `disable_password_login`.
const HARMLESS: [&str; 8] = ["public", "disable", "enable", "allow", "no", "show", "max", "use"];

/// Whether the value of a name is probably a secret.
pub(super) fn is_secret(name: &str) -> bool {
    // Of a path such as `homepage.widget.password` the last part counts.
    let words = words(name.rsplit('.').next().unwrap_or(name));
    let Some(last) = words.last() else { return false };
    if words.len() > 8 || ABOUT.contains(&last.as_str()) {
        return false;
    }
    if words.first().is_some_and(|first| HARMLESS.contains(&first.as_str())) {
        return false;
    }
    let is_pair = |at: &[String]| match at {
        [one, other] => PAIRS.contains(&(one.as_str(), other.as_str())),
        _ => false,
    };
    words.iter().any(|word| WORDS.contains(&word.as_str()) || ends_like_one(word))
        || words.windows(2).any(is_pair)
}

/// Words that people write together: `dbpassword`, `authtoken`, `privatekey`.
fn ends_like_one(word: &str) -> bool {
    ["password", "passwd", "apikey", "secretkey", "privatekey", "authkey", "authtoken", "apitoken"]
        .iter()
        .any(|end| word.ends_with(end))
}

/// The words of a name, in lower case: parted by `_`, `-`, `.`, or by capitals.
fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut was_lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() {
            if !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
            was_lower = false;
            continue;
        }
        if c.is_uppercase() && was_lower {
            words.push(std::mem::take(&mut word));
        }
        was_lower = c.is_lowercase() || c.is_ascii_digit();
        word.extend(c.to_lowercase());
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets() {
        for name in [
            "POSTGRES_PASSWORD",
            "password",
            "AUTHENTIK_SECRET_KEY",
            "CF_API_TOKEN",
            "apiKey",
            "clientSecret",
            "WG_PRIVATE_KEY",
            "DB_PASS",
            "MYSQL_PWD",
            "PrivateKey",
            "dbpassword",
            "homepage.widget.password",
        ] {
            assert!(is_secret(name), "{name}");
        }
    }

    #[test]
    fn names_about_secrets() {
        for name in [
            "POSTGRES_PASSWORD_FILE",
            "TOKEN_TTL",
            "max_tokens",
            "PUBLIC_KEY",
            "SECRET_NAME",
            "password_policy",
            "AWS_ACCESS_KEY_ID",
            "KEYBOARD",
            "PASSIVE_PORTS",
            "compass",
            "TOKENIZER",
            "disable_password_login",
            "bypass",
            "traefik.http.routers.password-pusher.entryPoints",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
