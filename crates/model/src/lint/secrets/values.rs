//! Whether a value could be a secret, or only stands for one.

/// Parts of values that people write for somebody else to replace.
const PLACEHOLDERS: [&str; 38] = [
    "changeme",
    "changethis",
    "changeit",
    "pleasechange",
    "replace",
    "example",
    "placeholder",
    "your",
    "dummy",
    "todo",
    "fixme",
    "inserthere",
    "xxxx",
    "redacted",
    "removed",
    "hidden",
    "generate",
    "sample",
    "insecure",
    "notsecure",
    "unsecure",
    "secrethere",
    "tokenhere",
    "keyhere",
    "passwordhere",
    "supersecret",
    "mysecret",
    "mypassword",
    "somepassword",
    "somesecret",
    "strongpassword",
    "securepassword",
    "goodpassword",
    "foobar",
    "setme",
    "fillin",
    "abc123",
    "openssl",
];

/// Whole values that say that there is none.
const NOTHING: [&str; 27] = [
    "true",
    "false",
    "yes",
    "no",
    "on",
    "off",
    "null",
    "none",
    "nil",
    "undefined",
    "required",
    "optional",
    "disabled",
    "enabled",
    "auto",
    "default",
    "empty",
    "string",
    "password",
    "secret",
    "token",
    "pass",
    "notneeded",
    "unset",
    "notset",
    "unused",
    "notused",
];

/// Words with which people describe what belongs in a place.
const DESCRIBING: [&str; 16] = [
    "password", "pass", "passwd", "secret", "secrets", "token", "key", "apikey", "string",
    "secure", "login", "hash", "hashed", "random", "long", "test",
];

/// Whether the value of a name that says "secret" is one. `value` has no quotes around it.
pub(super) fn is_secret(value: &str) -> bool {
    let value = value.trim();
    // Shorter ones are numbers of something, or not worth keeping.
    (4..=4_096).contains(&value.len())
        && !refers(value)
        && !is_placeholder(value)
        && !is_hash(value)
}

/// Whether a value only says where the secret is: a variable, a template, a path, a service.
fn refers(value: &str) -> bool {
    let begins = ["/", "./", "../", "~", "<", "!", "*", "&", "op://", "vault:", "ENC[", "%", "@"];
    begins.iter().any(|begin| value.starts_with(begin))
        || value.contains("${")
        || value.contains("$(")
        || value.contains("{{")
        || value.starts_with('$') && !value.starts_with("$$")
        || value.contains("://") && !value.contains('@')
        || value.contains(' ') && !value.chars().any(|c| c.is_ascii_digit())
        || value.contains(['(', '[', '{']) && !is_mixed(value)
        || value.split('.').count() > 1 && value.split('.').all(is_identifier)
}

/// `secrets.GITHUB_TOKEN`, `config.auth.token`, and names of files such as `db.txt`.
fn is_identifier(part: &str) -> bool {
    part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && part.chars().all(|c| c.is_ascii_alphabetic() || c == '_')
}

/// Digits and letters and something else: brackets are then characters like others.
fn is_mixed(value: &str) -> bool {
    let has = |what: fn(&char) -> bool| value.chars().any(|c| what(&c));
    has(char::is_ascii_digit) && has(char::is_ascii_lowercase) && has(char::is_ascii_uppercase)
}

/// Whether a value is there to be replaced.
pub(super) fn is_placeholder(value: &str) -> bool {
    let plain: String =
        value.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    plain.is_empty()
        || NOTHING.contains(&plain.as_str())
        || PLACEHOLDERS.iter().any(|placeholder| plain.contains(placeholder))
        || plain.starts_with("1234")
        || describes(value)
        || distinct(&plain) <= 2
}

/// `a_secure_db_password`, `key-from-the-provider`: words that say what belongs here.
fn describes(value: &str) -> bool {
    let words: Vec<&str> = value.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let is_word = |word: &&str| {
        let letters = word.trim_end_matches(|c: char| c.is_ascii_digit());
        letters.len() + 2 > word.len() && letters.bytes().all(|byte| byte.is_ascii_lowercase())
            || word.contains("64")
    };
    words.len() > 1
        && words.iter().all(is_word)
        && words
            .iter()
            .any(|word| DESCRIBING.contains(&word.trim_end_matches(|c: char| c.is_ascii_digit())))
}

/// What password programs make of a password: it can stand in the open, more or less.
fn is_hash(value: &str) -> bool {
    let value = value.replace("$$", "$");
    ["$2a$", "$2b$", "$2y$", "$apr1$", "$argon2", "$5$", "$6$", "$y$", "{SHA}", "{SSHA}", "sha256:"]
        .iter()
        .any(|begin| value.starts_with(begin) || value.contains(&format!(":{begin}")))
}

fn distinct(text: &str) -> usize {
    let mut seen: Vec<char> = text.chars().collect();
    seen.sort_unstable();
    seen.dedup();
    seen.len()
}

/// Whether a value without a telling name looks as if a machine had made it: as much information
/// in each character as random ones have, and digits among letters.
pub(super) fn is_random(value: &str) -> bool {
    let is_of = |allowed: fn(u8) -> bool| value.bytes().all(allowed);
    let hex = is_of(|byte| byte.is_ascii_hexdigit());
    let base64 = is_of(|byte| byte.is_ascii_alphanumeric() || b"+/=_-".contains(&byte));
    if value.len() < 24 || !(hex || base64) || is_placeholder(value) {
        return false;
    }
    // Names of models and folders have more of these than chance would give.
    let signs = value.bytes().filter(|byte| !byte.is_ascii_alphanumeric()).count();
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let letters = value.bytes().filter(u8::is_ascii_alphabetic).count();
    let least = if hex { 3.0 } else { 4.3 };
    signs <= value.len() / 12 && digits >= 3 && letters >= 3 && entropy(value) >= least
}

/// Shannon's entropy in bits for each character.
fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    text.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let total = text.len() as f64;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| f64::from(*count) / total)
        .map(|share| -share * share.log2())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_and_what_stands_for_them() {
        for value in
            ["test-7kQ2xP", "hunter2", "correct-horse-battery", "p@ss(W0rd)", "S3cr3t!", "postgres"]
        {
            assert!(is_secret(value), "{value}");
        }
        for value in [
            "",
            "abc",
            "changeme",
            "CHANGE-ME-please",
            "your_password_here",
            "<password>",
            "${DB_PASSWORD}",
            "$DB_PASSWORD",
            "{{ db_password }}",
            "/run/secrets/db",
            "xxxxxxxx",
            "********",
            "secrets.GITHUB_TOKEN",
            "true",
            "ENC[AES256_GCM,data:abc]",
            "!vault",
            "$$2y$$05$$abcdefghijklmnop",
            "https://example.com/token",
            "the password of the database",
            "example-token",
            "a_secure_db_password",
            "key-from-steamgriddb",
            "some-token1",
            "s3_secret_key",
        ] {
            assert!(!is_secret(value), "{value}");
        }
    }

    #[test]
    fn randomness() {
        assert!(is_random("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"));
        assert!(is_random("kT7x9Qm2Zp4LvW8nRb3Yc6Hd1Jf5Gs0A"));
        for value in
            ["a-folder-with-a-very-long-name-2024", "short9f86d", "00000000000000000000000"]
        {
            assert!(!is_random(value), "{value}");
        }
    }
}
