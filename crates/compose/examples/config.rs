//! Prints a project as `docker compose config --format json` does.
//!
//! `cargo run -p hob-compose --example config -- [-f FILE]... [-p NAME] [--profile NAME]...
//! [--no-interpolate] [--no-normalize] [--no-path-resolution] [--no-consistency]
//! [--no-env-resolution]`
//!
//! Only this program reads files and the environment; the library is handed both.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is a program, not the library"
)]

use std::collections::BTreeMap;
use std::process::ExitCode;

use hob_compose::{FileError, Files, Kind, LoadOptions, dotenv, files, load, render};

struct Disk;

impl Files for Disk {
    fn kind(&self, path: &str) -> Result<Option<Kind>, FileError> {
        match std::fs::metadata(path) {
            Ok(meta) if meta.is_dir() => Ok(Some(Kind::Directory)),
            Ok(_) => Ok(Some(Kind::File { executable: false })),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(FileError { path: path.into(), reason: error.to_string() }),
        }
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        std::fs::read(path)
            .map_err(|error| FileError { path: path.into(), reason: error.to_string() })
    }

    fn list(&self, _dir: &str) -> Result<Vec<String>, FileError> {
        Ok(Vec::new())
    }
}

fn main() -> ExitCode {
    let here = std::env::current_dir().unwrap_or_default().to_string_lossy().into_owned();
    let mut options =
        LoadOptions { environment: std::env::vars().collect(), ..LoadOptions::default() };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if set_flag(&mut options, &argument) {
            continue;
        }
        let Some(value) = arguments.next() else {
            eprintln!("{argument} needs a value");
            return ExitCode::FAILURE;
        };
        match argument.as_str() {
            "-f" => options.files.push(files::join(&here, &value)),
            "-p" => options.project_name = Some(value),
            "--profile" => options.profiles.push(value),
            other => {
                eprintln!("unknown option {other}");
                return ExitCode::FAILURE;
            }
        }
    }
    if options.files.is_empty() {
        options.files.push(files::join(&here, "compose.yaml"));
    }
    options.working_dir = files::parent(&options.files[0]);
    add_env_file(&mut options);
    let loaded = load(&options, &Disk);
    for finding in &loaded.findings {
        eprintln!("{}", finding.line());
    }
    match loaded.tree {
        Some(tree) if options.interpolate => println!("{}", render::to_json(&tree)),
        Some(tree) => println!("{}", render::to_json_verbatim(&tree)),
        None => return ExitCode::FAILURE,
    }
    let refused = loaded.findings.iter().any(|finding| {
        finding.severity == hob_compose::Severity::Error && finding.code != "unsupported-attribute"
    });
    if refused { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// The flags of `docker compose config` that leave a stage out.
fn set_flag(options: &mut LoadOptions, flag: &str) -> bool {
    let stage = match flag {
        "--no-interpolate" => &mut options.interpolate,
        "--no-normalize" => &mut options.normalize,
        "--no-path-resolution" => &mut options.resolve_paths,
        "--no-consistency" => &mut options.check_consistency,
        "--no-env-resolution" => &mut options.resolve_env,
        _ => return false,
    };
    *stage = false;
    true
}

/// The environment wins over `.env`.
fn add_env_file(options: &mut LoadOptions) {
    let file = files::join(&options.working_dir, ".env");
    let Ok(text) = std::fs::read_to_string(&file) else { return };
    let (values, findings) = dotenv::parse(&text, &file, &options.environment);
    for finding in findings {
        eprintln!("{}", finding.line());
    }
    let mut environment: BTreeMap<String, String> = values;
    environment.append(&mut options.environment);
    options.environment = environment;
}
