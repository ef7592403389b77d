//! Every environment variable that Hob reads, in one place. They are read once, in `main`.

use std::{collections::BTreeMap, ffi::OsString, path::PathBuf};

use hob_model::Secret;

/// What the environment says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// `HOB_SSH_CONFIG`: an SSH configuration instead of `~/.ssh/config`, for reaching hosts.
    /// `--ssh-config` goes before it.
    pub ssh_config: Option<PathBuf>,
    /// `NO_COLOR`: no colours, if set to anything but nothing. `--color` goes before it.
    pub no_color: bool,
    /// `TERM`: a terminal that calls itself `dumb` gets neither colours nor progress bars.
    pub is_dumb_terminal: bool,
    /// `DOCKER_HOST`: where the Engine of `connect: local` listens, if the homelab does not name a
    /// socket. Anything but a `unix://` address is an error once such a host is needed.
    pub docker_socket: Option<PathBuf>,
    /// `DOCKER_CONFIG`, else `.docker` in `HOME`: the folder with Docker's `config.json`, for the
    /// credentials of registries.
    pub docker_config: Option<PathBuf>,
    /// `XDG_RUNTIME_DIR`: where the sockets of connections lie, and secrets while they are edited.
    pub runtime_dir: Option<PathBuf>,
    /// `HOB_AGE_KEY_FILE`: the file with the age keys that open secrets. `--identity` goes before
    /// it, and SOPS's own variables after it.
    pub age_key_file: Option<PathBuf>,
    /// `SOPS_AGE_KEY_FILE`: the same, as SOPS calls it.
    pub sops_age_key_file: Option<PathBuf>,
    /// `SOPS_AGE_KEY`: age keys themselves.
    pub sops_age_key: Option<Secret<String>>,
    /// `XDG_CONFIG_HOME`, else `.config` in `HOME`: age keys lie there in `hob/age.txt` or
    /// `sops/age/keys.txt`.
    pub config_folder: Option<PathBuf>,
    /// `VISUAL`, else `EDITOR`: what secrets are edited with.
    pub editor: Option<String>,
    /// Every variable that is text. Only `hob config` on Compose files looks at them, as
    /// `docker compose` does; a homelab never depends on who calls.
    pub variables: BTreeMap<String, String>,
}

impl Environment {
    /// Reads the variables through `get`.
    pub fn read(get: impl Fn(&str) -> Option<OsString>) -> Self {
        let set = |name: &str| get(name).filter(|value| !value.is_empty());
        let text = |name: &str| set(name).and_then(|value| value.into_string().ok());
        Self {
            ssh_config: set("HOB_SSH_CONFIG").map(PathBuf::from),
            no_color: set("NO_COLOR").is_some(),
            is_dumb_terminal: text("TERM").is_some_and(|term| term == "dumb"),
            docker_socket: set("DOCKER_HOST").map(PathBuf::from),
            docker_config: set("DOCKER_CONFIG")
                .map(PathBuf::from)
                .or_else(|| set("HOME").map(|home| PathBuf::from(home).join(".docker"))),
            runtime_dir: set("XDG_RUNTIME_DIR").map(PathBuf::from),
            age_key_file: set("HOB_AGE_KEY_FILE").map(PathBuf::from),
            sops_age_key_file: set("SOPS_AGE_KEY_FILE").map(PathBuf::from),
            sops_age_key: text("SOPS_AGE_KEY").map(Secret::new),
            config_folder: set("XDG_CONFIG_HOME")
                .map(PathBuf::from)
                .or_else(|| set("HOME").map(|home| PathBuf::from(home).join(".config"))),
            editor: text("VISUAL").or_else(|| text("EDITOR")),
            variables: BTreeMap::new(),
        }
    }

    /// The same, with every variable.
    #[must_use]
    pub fn with_variables(mut self, all: impl Iterator<Item = (OsString, OsString)>) -> Self {
        let texts = all.filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        self.variables = texts.collect();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_variables_count_as_absent() {
        let get = |name: &str| match name {
            "HOB_SSH_CONFIG" | "NO_COLOR" => Some(OsString::new()),
            "TERM" => Some("dumb".into()),
            "DOCKER_HOST" => Some("unix:///run/user/1000/docker.sock".into()),
            "HOME" => Some("/home/ida".into()),
            _ => None,
        };
        assert_eq!(
            Environment::read(get),
            Environment {
                is_dumb_terminal: true,
                docker_socket: Some("unix:///run/user/1000/docker.sock".into()),
                docker_config: Some("/home/ida/.docker".into()),
                config_folder: Some("/home/ida/.config".into()),
                ..Environment::default()
            }
        );
    }
}
