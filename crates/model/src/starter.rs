//! What `hob init` writes into an empty repository.

use std::collections::BTreeMap;

use crate::homelab::HOMELAB_FILE;

/// `hob.yaml` and one sample stack for a machine called `host`, by path. The text explains itself
/// and loads without findings.
pub fn starter(host: &str) -> BTreeMap<String, String> {
    BTreeMap::from([
        (HOMELAB_FILE.to_owned(), HOMELAB.replace("HOST", host)),
        ("stacks/hello/compose.yaml".to_owned(), HELLO.to_owned()),
    ])
}

const HOMELAB: &str = "\
# yaml-language-server: $schema=.hob/schema.json
# What runs where. Hob needs no other file in this repository; the rest are Compose files.
homelab: home

hosts:
  # The machine that this was written on. Another one is reached over SSH:
  #   nas: { connect: ssh://deploy@nas.lan, stacks: [hello] }
  HOST:
    connect: local
    stacks: [hello]
    # Values for ${...} in the Compose files of this host's stacks.
    vars:
      GREETING: Hello from HOST

# The Compose file of a stack lies in stacks/<stack>/compose.yaml. What only one host runs, or
# changes, lies in hosts/<host>/<stack>/compose.yaml.

policy:
  # Where ports may be published. Add 0.0.0.0 for every address of a machine.
  publish: [127.0.0.1]
";

const HELLO: &str = "\
# A page that greets with ${GREETING}: http://127.0.0.1:8080
services:
  hello:
    image: traefik/whoami:v1.11.0
    restart: unless-stopped
    environment:
      WHOAMI_NAME: ${GREETING}
    ports:
      - 127.0.0.1:8080:80
    security_opt:
      - no-new-privileges:true
    deploy:
      resources:
        limits:
          memory: 64M
";
