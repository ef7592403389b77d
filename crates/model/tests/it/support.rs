//! Repositories made of one text, homelabs on disk, and findings as text.

use std::path::{Path, PathBuf};

use hob_compose::{FileError, Files, Kind, MemoryFiles};
use hob_model::{
    Finding, Place, REPOSITORY_ROOT,
    desired::{Desired, DesiredStack},
};

/// Files of a folder on disk, under [`REPOSITORY_ROOT`].
pub(crate) struct DiskFiles {
    folder: PathBuf,
}

impl DiskFiles {
    pub(crate) fn homelab(name: &str) -> Self {
        let homelabs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../homelabs");
        Self { folder: homelabs.join(name) }
    }

    fn real(&self, path: &str) -> Option<PathBuf> {
        let rest = path.strip_prefix(REPOSITORY_ROOT)?;
        Some(self.folder.join(rest.trim_start_matches('/')))
    }
}

fn failed(path: &str, error: &std::io::Error) -> FileError {
    FileError { path: path.to_owned(), reason: error.to_string() }
}

#[allow(clippy::disallowed_methods, reason = "the test reads a homelab of this repository")]
impl Files for DiskFiles {
    fn kind(&self, path: &str) -> Result<Option<Kind>, FileError> {
        let Some(real) = self.real(path) else { return Ok(None) };
        Ok(std::fs::metadata(real).ok().map(|found| match found.is_dir() {
            true => Kind::Directory,
            false => Kind::File { executable: false },
        }))
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        let real = self.real(path).unwrap_or_else(|| panic!("{path} is outside"));
        std::fs::read(real).map_err(|error| failed(path, &error))
    }

    fn list(&self, dir: &str) -> Result<Vec<String>, FileError> {
        let real = self.real(dir).unwrap_or_else(|| panic!("{dir} is outside"));
        let entries = std::fs::read_dir(real).map_err(|error| failed(dir, &error))?;
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        Ok(names)
    }
}

/// Every finding with its hint and the places that explain it.
pub(crate) fn lines(findings: &[Finding]) -> String {
    findings.iter().map(one).collect()
}

fn one(finding: &Finding) -> String {
    let bare = Finding { message: String::new(), hint: None, ..finding.clone() };
    let mut shown =
        format!("{}\n  {}\n", bare.line().trim_end().trim_end_matches(':'), finding.message);
    for related in &finding.related {
        let Place { file, line, column, .. } = &related.place;
        shown += &format!("  {file}:{line}:{column}: {}\n", related.message);
    }
    if let Some(hint) = &finding.hint {
        shown += &format!("  hint: {hint}\n");
    }
    shown
}

/// A repository from one text: `--- path` begins a file, `--- path +x` one that can be executed.
/// What stands before the first is `hob.yaml`.
pub(crate) fn repository(text: &str) -> MemoryFiles {
    let mut files = MemoryFiles::new();
    let (mut path, mut executable, mut content) = ("hob.yaml", false, String::new());
    for line in text.lines().chain(["--- end"]) {
        let Some(next) = line.strip_prefix("--- ") else {
            content += line;
            content.push('\n');
            continue;
        };
        let full = format!("{REPOSITORY_ROOT}/{path}");
        files.insert(&full, std::mem::take(&mut content).into_bytes(), executable);
        (path, executable) = match next.strip_suffix(" +x") {
            Some(path) => (path, true),
            None => (next, false),
        };
    }
    files
}

/// Loads the `hob.yaml` of a repository, and says what is wrong with it.
pub(crate) fn load_text(text: &str) -> String {
    lines(&hob_model::load(&repository(text), REPOSITORY_ROOT).1)
}

/// Loads and resolves a repository, and shows what comes of it: findings, then hosts.
pub(crate) fn resolve_text(text: &str) -> String {
    let (desired, findings) = resolved(text);
    lines(&findings) + &show(&desired)
}

/// Only the findings of [`resolve_text`].
pub(crate) fn findings_of(text: &str) -> String {
    lines(&resolved(text).1)
}

/// Loads and resolves a repository.
pub(crate) fn resolved(text: &str) -> (Desired, Vec<Finding>) {
    let files = repository(text);
    let (homelab, mut findings) = hob_model::load(&files, REPOSITORY_ROOT);
    let homelab = homelab.unwrap_or_else(|| panic!("{}", lines(&findings)));
    let (desired, more) = hob_model::resolve(&homelab, &files, REPOSITORY_ROOT);
    // Images of examples have no versions.
    findings.extend(more.into_iter().filter(|finding| finding.code != "latest-tag"));
    (desired, findings)
}

fn show(desired: &Desired) -> String {
    let mut shown = String::new();
    for (name, host) in &desired.hosts {
        shown += &format!("host {name}\n");
        for (network, spec) in &host.networks {
            shown += &format!("  network {network} {}\n", serde_json::to_string(spec).unwrap());
        }
        for (name, stack) in &host.stacks {
            shown += &format!("  stack {name}");
            if name.as_str() != stack.project {
                shown += &format!(", project {}", stack.project);
            }
            for (host, need) in &stack.needs {
                let host = host.as_ref().map(|host| format!("{host}/")).unwrap_or_default();
                shown += &format!(", needs {host}{need}");
            }
            for tag in &stack.tags {
                shown += &format!(", tag {tag}");
            }
            shown += "\n";
            shown += &show_stack(stack);
        }
    }
    shown
}

fn show_stack(stack: &DesiredStack) -> String {
    let mut shown = String::new();
    for (name, network) in &stack.networks {
        let spec = serde_json::to_string(&network.spec).unwrap();
        shown += &format!("    network {name} ({}) {spec}\n", network.key);
    }
    for name in stack.external_networks.keys() {
        shown += &format!("    external network {name}\n");
    }
    for (name, volume) in &stack.volumes {
        let spec = volume_text(&volume.spec);
        shown += &format!("    volume {name} ({}) {spec}\n", volume.key);
    }
    for name in stack.external_volumes.keys() {
        shown += &format!("    external volume {name}\n");
    }
    for (path, file) in &stack.files {
        shown += &format!("    file {path} {:o} {}\n", file.mode, file.digest.short());
    }
    for (name, service) in &stack.services {
        shown += &format!("    service {name} as {}", service.container);
        for (on, dependency) in &service.depends_on {
            shown += &format!(", after {on} {:?}", dependency.condition);
        }
        shown += "\n";
        for (attribute, value) in service.spec.sealed(&|value| value.to_owned()).0 {
            shown += &format!("      {attribute}: {value}\n");
        }
    }
    shown
}

/// A volume as JSON; the values of its options are no secrets here.
fn volume_text(spec: &hob_model::spec::VolumeSpec) -> String {
    let mut parts = serde_json::Map::new();
    if let Some(driver) = &spec.driver {
        parts.insert("driver".into(), driver.as_str().into());
    }
    if !spec.options.is_empty() {
        let options =
            spec.options.iter().map(|(key, value)| (key.clone(), value.expose().as_str()));
        let options: serde_json::Map<_, _> =
            options.map(|(key, value)| (key, value.into())).collect();
        parts.insert("options".into(), options.into());
    }
    if !spec.labels.is_empty() {
        parts.insert("labels".into(), serde_json::to_value(&spec.labels).unwrap());
    }
    serde_json::Value::Object(parts).to_string()
}
