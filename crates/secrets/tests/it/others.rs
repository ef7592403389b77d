//! The real programs, both ways. What is not installed is skipped, and said so.
#![allow(clippy::disallowed_methods, reason = "files for other programs, in a folder of the test")]
#![allow(clippy::print_stdout, reason = "what is skipped is said")]

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use hob_secrets::{keys::seal, vault};

use crate::support::{key, secret};

/// Runs a program in a folder; `None` with a message if it is not there.
fn run(folder: &Path, program: &str, arguments: &[&str]) -> Option<Vec<u8>> {
    let command =
        Command::new(program).args(arguments).current_dir(folder).stdin(Stdio::null()).output();
    match command {
        Ok(output) => {
            let talk = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{program} {arguments:?}: {talk}");
            Some(output.stdout)
        }
        Err(_) => {
            println!("skipped: {program} is not installed");
            None
        }
    }
}

#[test]
fn the_age_program_opens_ours_and_we_open_its() {
    let folder = tempfile::tempdir().unwrap();
    let (keys, recipient, file) = key();
    fs::write(folder.path().join("key.txt"), file).unwrap();
    fs::write(
        folder.path().join("ours.age"),
        seal(b"photos", std::slice::from_ref(&recipient)).unwrap(),
    )
    .unwrap();
    let arguments = ["--decrypt", "--identity", "key.txt", "ours.age"];
    let Some(opened) = run(folder.path(), "age", &arguments) else { return };
    assert_eq!(opened, b"photos");
    fs::write(folder.path().join("plain"), "music").unwrap();
    for armour in [&["--armor"][..], &[]] {
        let mut arguments = vec!["--encrypt", "--recipient", recipient.as_str()];
        arguments.extend(armour);
        arguments.push("plain");
        let Some(sealed) = run(folder.path(), "age", &arguments) else { return };
        assert_eq!(keys.open(&sealed).unwrap().expose(), b"music");
    }
}

#[test]
fn vaults_of_ansible_are_opened() {
    let folder = tempfile::tempdir().unwrap();
    let plain = "db_password: hunter2\nlong: |\n  more\n  than one block of the cipher\n";
    fs::write(folder.path().join("secrets.yml"), plain).unwrap();
    fs::write(folder.path().join("password"), "correct horse\n").unwrap();
    let arguments = ["encrypt", "--vault-password-file", "password", "secrets.yml"];
    if run(folder.path(), "ansible-vault", &arguments).is_none() {
        return;
    }
    let sealed = fs::read_to_string(folder.path().join("secrets.yml")).unwrap();
    assert!(vault::is_vault(&sealed));
    let opened = vault::open("secrets.yml", &sealed, &secret("correct horse")).unwrap();
    assert_eq!(opened.expose(), plain.as_bytes());
    let why = vault::open("secrets.yml", &sealed, &secret("wrong")).unwrap_err().to_string();
    assert_eq!(why, "secrets.yml: this is not the password of this vault");
}
