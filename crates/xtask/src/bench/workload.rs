//! What is deployed: one description, from which the homelab, the Compose files and the bare
//! requests are made, so that every side deploys the same.

use std::collections::BTreeMap;

/// The image of every service, put on each host before anything is measured.
pub(super) const IMAGE: &str = "hob-bench/tiny:1";
/// On everything that a benchmark makes, so that all of it is found again.
pub(super) const LABEL: &str = "hob.bench";
/// What every service runs.
pub(super) const COMMAND: [&str; 3] = ["/bin/busybox", "sleep", "2000000000"];
/// Where the first service of a stack sees the stack's file.
pub(super) const FILE_TARGET: &str = "/etc/app.conf";
/// The name of that file beside the Compose file.
pub(super) const FILE: &str = "app.conf";

/// Stacks of services that are all alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Workload {
    /// Stacks on each host.
    pub(super) stacks: usize,
    /// Services in each stack.
    pub(super) services: usize,
}

/// Who deploys; each side has names of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Hob,
    Peer,
    Floor,
}

impl Side {
    fn word(self) -> &'static str {
        match self {
            Side::Hob => "hob",
            Side::Peer => "peer",
            Side::Floor => "floor",
        }
    }
}

impl Workload {
    /// The containers on one host.
    pub(super) fn containers(self) -> usize {
        self.stacks * self.services
    }

    /// The names of the stacks, which are those of their Compose projects.
    pub(super) fn names(self, side: Side) -> Vec<String> {
        (1..=self.stacks).map(|number| format!("bench-{}-{number:02}", side.word())).collect()
    }

    /// The names of the services of a stack.
    pub(super) fn services(self) -> impl Iterator<Item = String> {
        (1..=self.services).map(|number| format!("app{number}"))
    }

    /// The files of a stack by name: the Compose file, and one that its first service mounts.
    pub(super) fn files(self, stack: &str) -> BTreeMap<&'static str, String> {
        BTreeMap::from([("compose.yaml", self.compose(stack)), (FILE, file(stack))])
    }

    fn compose(self, stack: &str) -> String {
        let [program, verb, seconds] = COMMAND;
        let mut text = format!("name: {stack}\nservices:\n");
        for (at, service) in self.services().enumerate() {
            text += &format!(
                "  {service}:\n    image: {IMAGE}\n    pull_policy: missing\n    \
                 command: [{program}, {verb}, \"{seconds}\"]\n    \
                 restart: unless-stopped\n    environment:\n"
            );
            for (key, value) in environment(stack, &service) {
                text += &format!("      {key}: {value}\n");
            }
            text += &format!("    labels:\n      {LABEL}: {stack}\n");
            if at == 0 {
                text += &format!("    volumes:\n      - ./{FILE}:{FILE_TARGET}:ro\n");
            }
        }
        text + &format!("networks:\n  default:\n    labels:\n      {LABEL}: {stack}\n")
    }
}

/// The environment of a service.
pub(super) fn environment(stack: &str, service: &str) -> [(&'static str, String); 3] {
    [
        ("TZ", "Europe/Oslo".to_owned()),
        ("APP_STACK", stack.to_owned()),
        ("APP_NAME", service.to_owned()),
    ]
}

/// What stands in the file of a stack.
pub(super) fn file(stack: &str) -> String {
    format!("stack = {stack}\nlisten = 8080\nlog = info\n")
}

/// `hob.yaml` with these hosts: name, `connect`, and the folder of Hob's files if it is not the
/// usual one.
pub(super) fn homelab(hosts: &[(&str, String, Option<&str>)], stacks: &[String]) -> String {
    let stacks = stacks.join(", ");
    let mut text = "homelab: bench\nhosts:\n".to_owned();
    for (name, connect, root) in hosts {
        text += &format!("  {name}:\n    connect: {connect}\n");
        if let Some(root) = root {
            text += &format!("    root: {root}\n");
        }
        text += &format!("    stacks: [{stacks}]\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_is_an_ordinary_compose_file() {
        let workload = Workload { stacks: 2, services: 2 };
        assert_eq!(workload.names(Side::Peer), ["bench-peer-01", "bench-peer-02"]);
        let text = &workload.files("x")["compose.yaml"];
        let expected = r#"name: x
services:
  app1:
    image: hob-bench/tiny:1
    pull_policy: missing
    command: [/bin/busybox, sleep, "2000000000"]
    restart: unless-stopped
    environment:
      TZ: Europe/Oslo
      APP_STACK: x
      APP_NAME: app1
    labels:
      hob.bench: x
    volumes:
      - ./app.conf:/etc/app.conf:ro
  app2:
    image: hob-bench/tiny:1
    pull_policy: missing
    command: [/bin/busybox, sleep, "2000000000"]
    restart: unless-stopped
    environment:
      TZ: Europe/Oslo
      APP_STACK: x
      APP_NAME: app2
    labels:
      hob.bench: x
networks:
  default:
    labels:
      hob.bench: x
"#;
        assert_eq!(text, expected);
    }

    #[test]
    fn a_homelab_names_every_stack_on_every_host() {
        let hosts = [("one", "ssh://deploy@one".to_owned(), None)];
        assert_eq!(
            homelab(&hosts, &["a".to_owned(), "b".to_owned()]),
            "homelab: bench\nhosts:\n  one:\n    connect: ssh://deploy@one\n    stacks: [a, b]\n"
        );
    }
}
