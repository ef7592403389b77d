//! Keys and sealed files: where the caller's keys are, and what they open in a repository.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use hob_compose::{Files, Finding, Place};
use hob_model::{
    Homelab, HostName, Opener, Opening, REPOSITORY_ROOT, SealedFile, SealedValue, Secret,
    desired::Desired, homelab::Placed,
};
use hob_secrets::{
    Error,
    keys::Keyring,
    keys_in_words,
    sops::{Format, Name, Sops, Step, names},
};

use crate::{
    disk::{self, DiskFiles},
    error::CommandError,
};

/// Codes of findings: `NO_KEY` is only about this machine, the other about the file.
pub(crate) const NO_KEY: &str = "unopened-secrets";

/// Where the keys may be, in the order in which they are looked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyPlaces {
    /// `--identity`.
    pub(crate) identity: Option<PathBuf>,
    /// `HOB_AGE_KEY_FILE`.
    pub(crate) hob_file: Option<PathBuf>,
    /// `SOPS_AGE_KEY_FILE`.
    pub(crate) sops_file: Option<PathBuf>,
    /// `SOPS_AGE_KEY`.
    pub(crate) sops_key: Option<Secret<String>>,
    /// The user's folder of configurations.
    pub(crate) config_folder: Option<PathBuf>,
}

/// The caller's keys.
#[derive(Default)]
pub(crate) struct Keys {
    pub(crate) ring: Keyring,
    /// Where they were found; `None`: nowhere.
    pub(crate) from: Option<String>,
}

impl KeyPlaces {
    /// The file that a new key goes to.
    pub(crate) fn own_file(&self) -> Option<PathBuf> {
        let named = self.identity.as_ref().or(self.hob_file.as_ref()).cloned();
        named.or_else(|| Some(self.config_folder.as_ref()?.join("hob/age.txt")))
    }

    /// Reads the first that is there. One that is named and is not there is an error.
    pub(crate) fn find(&self) -> Result<Keys, CommandError> {
        let named = [
            ("--identity", &self.identity),
            ("HOB_AGE_KEY_FILE", &self.hob_file),
            ("SOPS_AGE_KEY_FILE", &self.sops_file),
        ];
        for (by, path) in named {
            if let Some(path) = path {
                return read(path).map_err(|error| error.hint(format!("{by} names this file")));
            }
        }
        if let Some(key) = &self.sops_key {
            let ring = Keyring::parse(key.expose()).map_err(|why| {
                CommandError::config("reading the age keys in SOPS_AGE_KEY").caused_by(why)
            })?;
            return Ok(Keys { ring, from: Some("SOPS_AGE_KEY".to_owned()) });
        }
        for name in ["hob/age.txt", "sops/age/keys.txt"] {
            let path = self.config_folder.as_ref().map(|folder| folder.join(name));
            if let Some(path) = path.filter(|path| disk::exists(path)) {
                return read(&path);
            }
        }
        Ok(Keys { ring: Keyring::default(), from: None })
    }
}

fn read(path: &Path) -> Result<Keys, CommandError> {
    let text = Secret::new(disk::read_text(path)?);
    let ring = Keyring::parse(text.expose()).map_err(|why| {
        CommandError::config(format!("reading the age keys in {}", path.display())).caused_by(why)
    })?;
    Ok(Keys { ring, from: Some(path.display().to_string()) })
}

impl Keys {
    /// What to do so that a file opens that does not.
    pub(crate) fn hint(&self) -> String {
        match &self.from {
            None => "name a file with your age key: --identity, HOB_AGE_KEY_FILE, or put it into \
                     ~/.config/hob/age.txt; hob secret init makes one"
                .to_owned(),
            Some(from) => format!(
                "the keys of {from} were tried; name another file with --identity, or let somebody \
                 who can open it add you: hob secret rotate --add-recipient age1..."
            ),
        }
    }
}

/// Opens sealed files, and remembers what it saw so that it can be hidden.
pub(crate) struct Vault {
    keys: Keys,
    seen: RefCell<BTreeSet<String>>,
}

impl Vault {
    pub(crate) fn new(keys: Keys) -> Self {
        Self { keys, seen: RefCell::default() }
    }

    /// Opens the files of `secrets.files` and puts their values into the homelab.
    pub(crate) fn open_files(&self, homelab: &mut Homelab, files: &DiskFiles) -> Vec<Finding> {
        let mut findings = Vec::new();
        for named in homelab.secret_files.clone() {
            let hosts: Vec<Option<HostName>> = match named.value.contains("{host}") {
                true => homelab.hosts.keys().cloned().map(Some).collect(),
                false => vec![None],
            };
            let mut is_there = false;
            for host in hosts {
                let filled = host.as_ref().map_or("", HostName::as_str);
                let path = named.value.replace("{host}", filled);
                let Some(text) = text_of(files, &path, &named, &mut findings) else { continue };
                is_there = true;
                match self.values(&path, &text, &named, &mut findings) {
                    Some(values) => homelab.sealed.push(SealedFile { path, host, values }),
                    None => continue,
                }
            }
            if !is_there && findings.iter().all(|it| it.place.as_ref() != Some(&named.place)) {
                let message = format!("there is no file {}", named.value);
                findings.push(
                    Finding::error("missing-file", message)
                        .at(named.place.clone())
                        .on("secrets.files")
                        .hint("make it with hob secret set, or take it out of the list"),
                );
            }
        }
        findings
    }

    /// The values of a file by the names of their variables; those of a file that cannot be
    /// opened have no value.
    fn values(
        &self,
        path: &str,
        text: &str,
        named: &Placed<String>,
        findings: &mut Vec<Finding>,
    ) -> Option<BTreeMap<String, SealedValue>> {
        let bad = |why: &dyn ToString, line: Option<u32>, hint: &str| {
            let at_line = line.map(|line| place(path, Some(line)));
            Finding::error("bad-secrets", why.to_string())
                .at(at_line.unwrap_or_else(|| named.place.clone()))
                .on("secrets.files")
                .hint(hint)
        };
        let Some(format) = Format::of(path) else {
            let why = format!("what {path} is cannot be seen from its name");
            findings.push(bad(&why, None, "files of secrets end in .yaml, .json or .env"));
            return None;
        };
        if !hob_secrets::sops::is_sops(path, text) {
            let why = format!("{path} is not sealed: it is no SOPS file");
            let hint = format!(
                "hob secret import {path} makes one of it; what is no secret belongs under vars"
            );
            findings.push(bad(&why, None, &hint));
            return None;
        }
        let found: Vec<(Name, SealedValue)> = match Sops::open(path, text, format, &self.keys.ring)
        {
            Ok(sops) => sops.values().iter().map(|value| self.opened(path, value)).collect(),
            Err(why @ Error::NoKey { .. }) => {
                findings.push(
                    Finding::error("unopened-secrets", why.to_string())
                        .at(named.place.clone())
                        .on("secrets.files")
                        .hint(self.keys.hint()),
                );
                let names = names(path, text, format).unwrap_or_default().into_iter();
                let unopened =
                    SealedValue { value: None, is_secret: true, place: place(path, None) };
                names.map(|name| (name, unopened.clone())).collect()
            }
            Err(why) => {
                let line = match &why {
                    Error::Syntax { line, .. } => *line,
                    _ => None,
                };
                findings.push(bad(&why, line, "take the last version from Git that opens"));
                return None;
            }
        };
        Some(by_variable(path, found, findings))
    }

    fn opened(&self, path: &str, value: &hob_secrets::sops::Value) -> (Name, SealedValue) {
        if value.is_sealed {
            self.seen.borrow_mut().insert(value.text.expose().clone());
        }
        let sealed = SealedValue {
            value: Some(value.text.clone()),
            is_secret: value.is_sealed,
            place: place(path, value.line),
        };
        (value.name.clone(), sealed)
    }

    /// What is to be hidden, now that it is known what the homelab calls things: a value that is
    /// also a name, such as `postgres`, would make everything unreadable and is no secret.
    pub(crate) fn hidden(&self, desired: &Desired) -> Vec<String> {
        let names = names_in(desired);
        let seen = self.seen.borrow();
        seen.iter().filter(|value| !names.contains(value.as_str())).cloned().collect()
    }
}

/// Every name that plans and tables are full of, one to a line.
fn names_in(desired: &Desired) -> String {
    let mut names = BTreeSet::new();
    for (host, of_host) in &desired.hosts {
        names.insert(host.to_string());
        names.extend(of_host.networks.keys().map(ToString::to_string));
        for (stack, of_stack) in &of_host.stacks {
            names.insert(stack.to_string());
            names.extend(of_stack.networks.keys().map(ToString::to_string));
            names.extend(of_stack.volumes.keys().map(ToString::to_string));
            for (service, of_service) in &of_stack.services {
                names.insert(service.to_string());
                names.insert(of_service.container.to_string());
                names.insert(of_service.spec.image.to_string());
            }
        }
    }
    names.into_iter().collect::<Vec<_>>().join("\n")
}

/// A file of the repository; `None` if it is not there, or cannot be read.
fn text_of(
    files: &DiskFiles,
    path: &str,
    named: &Placed<String>,
    findings: &mut Vec<Finding>,
) -> Option<String> {
    let full = format!("{REPOSITORY_ROOT}/{path}");
    let why = match files.kind(&full) {
        Ok(None) => return None,
        Ok(Some(_)) => match files.read(&full).map(String::from_utf8) {
            Ok(Ok(text)) => return Some(text),
            Ok(Err(_)) => format!("{path} is not UTF-8 text"),
            Err(why) => why.to_string(),
        },
        Err(why) => why.to_string(),
    };
    findings.push(Finding::error("unreadable-file", why).at(named.place.clone()));
    None
}

fn place(path: &str, line: Option<u32>) -> Place {
    Place { file: path.to_owned(), line: line.unwrap_or(1), column: 1, len: 1 }
}

/// The name of the variable that a value becomes: the keys that lead to it, joined by `_`, and
/// whatever no name of a variable has replaced by it.
pub(crate) fn variable_name(name: &Name) -> String {
    let words: Vec<String> = name
        .0
        .iter()
        .map(|step| match step {
            Step::Key(key) => key.clone(),
            Step::Index(at) => at.to_string(),
        })
        .collect();
    words.join("_").replace(|c: char| !c.is_ascii_alphanumeric(), "_")
}

fn by_variable(
    path: &str,
    found: Vec<(Name, SealedValue)>,
    findings: &mut Vec<Finding>,
) -> BTreeMap<String, SealedValue> {
    let mut values: BTreeMap<String, SealedValue> = BTreeMap::new();
    for (name, value) in found {
        let variable = variable_name(&name);
        match values.get(&variable) {
            Some(first) => findings.push(
                Finding::error("duplicate", format!("two values of {path} are called {variable}"))
                    .at(value.place.clone())
                    .related(first.place.clone(), "the other one")
                    .hint("a value is called by all keys that lead to it, joined by _; rename one"),
            ),
            None => {
                values.insert(variable, value);
            }
        }
    }
    values
}

/// How files that `age` sealed begin, plain and armoured.
const AGE_BEGINNINGS: [&[u8]; 2] =
    [b"age-encryption.org/v1\n", b"-----BEGIN AGE ENCRYPTED FILE-----"];

impl Opener for Vault {
    fn open(&self, file: &str, content: &[u8], value: Option<&str>) -> Opening {
        if AGE_BEGINNINGS.iter().any(|beginning| content.starts_with(beginning)) {
            return self.open_age(file, content, value);
        }
        match std::str::from_utf8(content) {
            Ok(text) if hob_secrets::sops::is_sops(file, text) => self.open_sops(file, text, value),
            _ => Opening::NotSealed,
        }
    }
}

impl Vault {
    fn open_age(&self, file: &str, content: &[u8], value: Option<&str>) -> Opening {
        if value.is_some() {
            let why = format!("{file} holds one value only, which has no name");
            return Opening::Refused { why, hint: "take x-hob.secret away".to_owned() };
        }
        match self.keys.ring.open(content) {
            Some(opened) => {
                if let Ok(text) = std::str::from_utf8(opened.expose()) {
                    self.seen.borrow_mut().insert(text.trim().to_owned());
                }
                Opening::Opened(Secret::new(Arc::from(opened.expose().as_slice())))
            }
            None => {
                let why = format!("{file}: {}", keys_in_words(self.keys.ring.len()));
                Opening::NoKey { why, hint: self.keys.hint() }
            }
        }
    }

    fn open_sops(&self, file: &str, text: &str, value: Option<&str>) -> Opening {
        let Some(format) = Format::of(file) else { return Opening::NotSealed };
        let refused = |why: String, hint: &str| Opening::Refused { why, hint: hint.to_owned() };
        let Some(name) = value.and_then(Name::parse) else {
            let why = format!("{file} holds many values, and nothing says which is meant");
            return refused(why, "add x-hob: { secret: NAME }, such as db.password");
        };
        let sops = match Sops::open(file, text, format, &self.keys.ring) {
            Ok(sops) => sops,
            Err(why @ Error::NoKey { .. }) => {
                return Opening::NoKey { why: why.to_string(), hint: self.keys.hint() };
            }
            Err(why) => {
                return refused(why.to_string(), "take the last version from Git that opens");
            }
        };
        match sops.get(&name) {
            Some(found) => {
                self.seen.borrow_mut().insert(found.text.expose().clone());
                let bytes = found.text.expose().as_bytes();
                Opening::Opened(Secret::new(Arc::from(bytes)))
            }
            None => refused(
                format!("{file} has no value {name}"),
                "hob secret list shows the names that there are",
            ),
        }
    }
}
