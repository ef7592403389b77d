//! The command line as a whole.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests may panic, and make the world that the command line meets"
)]

mod apply;
mod config;
mod docs;
mod dropin;
mod errors;
mod hermetic;
mod offline;
mod real_stories;
mod secrets;
mod stories;

/// A module that is not named above would be no test at all.
#[test]
fn no_file_is_forgotten() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let main = include_str!("main.rs");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let Some(module) = name.strip_suffix(".rs").filter(|module| *module != "main") else {
            continue;
        };
        assert!(main.contains(&format!("mod {module};")), "{name} is not in main.rs");
    }
}
