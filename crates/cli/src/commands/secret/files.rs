//! Which files are meant, and reading and writing them.

use std::path::{Path, PathBuf};

use hob_model::{HOMELAB_FILE, REPOSITORY_ROOT};
use hob_secrets::{
    keys::{Keyring, Recipient},
    sops::{
        Format, Name, Sops,
        creation::{CreationRule, rule_for},
        is_sops,
    },
};

use crate::{
    context::Context,
    disk::{self, DiskFiles},
    error::CommandError,
    repository::Repository,
    time,
};

/// The configuration of SOPS, in the repository's root or in a folder below it.
pub(super) const SOPS_CONFIG: &str = ".sops.yaml";

/// The file that a command is about.
#[derive(clap::Args, Debug, Default)]
pub(super) struct FileArgs {
    /// This file of secrets instead of those that hob.yaml names
    #[arg(long, value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
}

/// A file of secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SecretFile {
    pub(super) path: PathBuf,
    /// As people name it: relative to the repository.
    pub(super) name: String,
    pub(super) format: Format,
}

impl SecretFile {
    pub(super) fn at(path: PathBuf, root: Option<&Path>) -> Result<Self, CommandError> {
        let shown = root.and_then(|root| path.strip_prefix(root).ok()).unwrap_or(&path);
        let name = shown.display().to_string();
        let Some(format) = Format::of(&name) else {
            return Err(CommandError::config(format!(
                "what {name} is cannot be seen from its name"
            ))
            .hint("files of secrets end in .yaml, .json or .env, such as secrets.sops.yaml"));
        };
        Ok(Self { path, name, format })
    }

    pub(super) fn is_there(&self) -> bool {
        disk::exists(&self.path)
    }

    /// The sealed text.
    pub(super) fn text(&self) -> Result<String, CommandError> {
        let text = disk::read_text(&self.path)?;
        if is_sops(&self.name, &text) {
            return Ok(text);
        }
        let message = format!("{} is not sealed: it is no SOPS file", self.name);
        let hint = format!("seal what is in it with hob secret import {}", self.name);
        Err(CommandError::config(message).hint(hint))
    }

    pub(super) fn open(&self, context: &Context) -> Result<Sops, CommandError> {
        let text = self.text()?;
        let keys = context.keys.find()?;
        Sops::open(&self.name, &text, self.format, &keys.ring).map_err(|why| {
            let error = CommandError::config(format!("opening {}", self.name));
            let is_key = matches!(why, hob_secrets::Error::NoKey { .. });
            let error = error.caused_by(why);
            if is_key { error.hint(keys.hint()) } else { error }
        })
    }

    pub(super) fn save(&self, sops: &Sops) -> Result<(), CommandError> {
        Ok(disk::write(&self.path, &sops.text())?)
    }

    /// Opens the file, or begins it as `.sops.yaml` has it.
    pub(super) fn open_or_begin(&self, context: &Context) -> Result<Sops, CommandError> {
        if self.is_there() { self.open(context) } else { self.begin(context) }
    }

    /// The file as a new one, whatever is there.
    pub(super) fn begin(&self, context: &Context) -> Result<Sops, CommandError> {
        let ring = context.keys.find()?.ring;
        let rule = self.rule(&ring)?;
        Sops::create_by(&self.name, self.format, &rule, &time::now())
            .map_err(|why| CommandError::config(format!("making {}", self.name)).caused_by(why))
    }

    /// How the file is to be made: by the nearest `.sops.yaml`, else for the caller's own keys.
    fn rule(&self, ring: &Keyring) -> Result<CreationRule, CommandError> {
        for folder in self.path.ancestors().skip(1) {
            let config = folder.join(SOPS_CONFIG);
            if !disk::exists(&config) {
                continue;
            }
            let text = disk::read_text(&config)?;
            let below = self.path.strip_prefix(folder).unwrap_or(&self.path).display().to_string();
            let name = config.display().to_string();
            let rule = rule_for(&name, &text, &below).map_err(|why| {
                CommandError::config(format!("how to make {}", self.name)).caused_by(why)
            })?;
            return match rule {
                Some(rule) if !rule.recipients.is_empty() => Ok(rule),
                Some(rule) => Ok(CreationRule { recipients: own(ring, &self.name)?, ..rule }),
                None => Err(CommandError::config(format!("{name} has no rule for {below}"))
                    .hint("add one to creation_rules, or give the file another name")),
            };
        }
        Ok(CreationRule { recipients: own(ring, &self.name)?, ..CreationRule::default() })
    }
}

fn own(ring: &Keyring, file: &str) -> Result<Vec<Recipient>, CommandError> {
    match ring.recipients() {
        none if none.is_empty() => {
            Err(CommandError::config(format!("making {file}: nobody could open it"))
                .hint("make a key with hob secret init, or name yours with --identity"))
        }
        recipients => Ok(recipients),
    }
}

/// What the repository says about secrets.
pub(super) struct Secrets {
    pub(super) root: PathBuf,
    /// The files of `secrets.files`, lowest priority first; some may not be there.
    pub(super) files: Vec<SecretFile>,
}

/// Reads `hob.yaml`. Faults in it that have nothing to do with secrets are no matter here.
pub(super) fn of_repository(context: &Context) -> Result<Secrets, CommandError> {
    let root = Repository::folder(context)?;
    let (homelab, _) = hob_model::load(&DiskFiles::repository(&root)?, REPOSITORY_ROOT);
    let Some(homelab) = homelab else {
        return Err(CommandError::config(format!("{HOMELAB_FILE} cannot be read"))
            .hint("hob check --offline says why; --file names a file of secrets without it"));
    };
    let mut files = Vec::new();
    for named in &homelab.secret_files {
        if named.value.contains("{host}") {
            for host in homelab.hosts.keys() {
                let path = root.join(named.value.replace("{host}", host.as_str()));
                if disk::exists(&path) {
                    files.push(SecretFile::at(path, Some(&root))?);
                }
            }
        } else {
            files.push(SecretFile::at(root.join(&named.value), Some(&root))?);
        }
    }
    Ok(Secrets { root, files })
}

/// All files that are meant.
pub(super) fn chosen(args: &FileArgs, context: &Context) -> Result<Vec<SecretFile>, CommandError> {
    if let Some(file) = &args.file {
        let root = Repository::folder(context).ok();
        return Ok(vec![SecretFile::at(context.path(file), root.as_deref())?]);
    }
    let Secrets { files, .. } = of_repository(context)?;
    if files.is_empty() {
        return Err(CommandError::config(format!("{HOMELAB_FILE} names no file of secrets"))
            .hint("hob secret init makes one; --file names one that is not in hob.yaml"));
    }
    Ok(files)
}

/// The file that has a value: the one whose value counts.
pub(super) fn with_value(
    name: &Name,
    args: &FileArgs,
    context: &Context,
) -> Result<SecretFile, CommandError> {
    let files = chosen(args, context)?;
    for file in files.iter().rev().filter(|file| file.is_there()) {
        let names = hob_secrets::sops::names(&file.name, &file.text()?, file.format);
        if names.is_ok_and(|names| names.contains(name)) {
            return Ok(file.clone());
        }
    }
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    Err(CommandError::config(format!("there is no secret {name} in {}", names.join(", ")))
        .hint("hob secret list shows the names that there are"))
}

/// The file that a value goes to: the one that has it, else the only one.
pub(super) fn to_set(
    name: &Name,
    args: &FileArgs,
    context: &Context,
) -> Result<SecretFile, CommandError> {
    let files = chosen(args, context)?;
    match files.as_slice() {
        [only] => Ok(only.clone()),
        _ => with_value(name, args, context).map_err(|_| {
            let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
            CommandError::config(format!("{name} is new, and there are several files"))
                .hint(format!("say which with --file: {}", names.join(", ")))
        }),
    }
}

/// The name of a value as people write it.
pub(super) fn parse_name(text: &str) -> Result<Name, CommandError> {
    Name::parse(text).ok_or_else(|| {
        CommandError::config(format!("{text:?} is no name of a secret"))
            .hint("write it like DB_PASSWORD, or db.password for one in a mapping")
    })
}
