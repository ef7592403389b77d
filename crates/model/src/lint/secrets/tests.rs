use super::*;

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let found: Vec<String> = scan(text, FileKind::Config)
        .into_iter()
        .map(|hit| format!("{}:{}+{} {}", hit.line, hit.column, hit.len, hit.clue.message()))
        .collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn a_secret_is_told_by_its_name() {
    check(
        "services:\n  db:\n    environment:\n      DB_PASSWORD: hunter2\n      TZ: Europe/Oslo\n",
        &["4:20+7 the value of DB_PASSWORD is in clear text"],
    );
    check("- DB_PASSWORD=${DB_PASSWORD}\n- A_TOKEN=changeme\n", &[]);
    check(
        "- DB_PASSWORD=${DB_PASSWORD:-hunter2}",
        &["1:30+7 the value of DB_PASSWORD is in clear text"],
    );
}

#[test]
fn a_secret_is_told_by_its_look() {
    let token = format!("ghp_{}", "a7Bk2Zq9LmX4cV8nTd3RfY6wHs1Jp5GuQ0eT");
    check(&format!("# {token}"), &["1:3+40 a GitHub token is in clear text"]);
    check(&format!("A_TOKEN={token}"), &["1:9+40 a GitHub token is in clear text"]);
    check(
        "ENCODING_KEY=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
        &["1:14+40 the value of ENCODING_KEY looks like a key, and is in clear text"],
    );
    check("IMAGE_DIGEST=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b", &[]);
}

#[test]
fn a_password_in_an_address() {
    check(
        "url: postgres://app:hunter2@db:5432/app",
        &["1:21+7 the password of an address is in clear text"],
    );
    check("url: postgres://app:${PASSWORD}@db/app", &[]);
    check("url: https://user@example.com:8080/a:b@c", &[]);
    check("åé: x://a:hunter2@b", &["1:11+7 the password of an address is in clear text"]);
}

#[test]
fn a_private_key() {
    let key = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7";
    check(
        &format!("  -----BEGIN PRIVATE KEY-----\n  {key}\n"),
        &["1:3+27 a private key is in clear text"],
    );
    check("-----BEGIN PRIVATE KEY-----\n...\n", &[]);
    check(&format!("-----BEGIN ENCRYPTED PRIVATE KEY-----\n{key}\n"), &[]);
    check(&format!("-----BEGIN CERTIFICATE-----\n{key}\n"), &[]);
}

#[test]
fn a_file_is_not_told_without_end() {
    let text = "PASSWORD=hunter2\n".repeat(HITS_MAX * 2);
    assert_eq!(scan(&text, FileKind::Config).len(), HITS_MAX);
}
