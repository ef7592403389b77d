//! Variables of Compose files: where they come from, and those that nobody set.

use crate::support::{findings_of, lines, resolve_text, resolved};

#[test]
fn variables_come_from_near_to_far() {
    insta::assert_snapshot!(resolve_text(
        r#"
homelab: h
layers: ["s/{stack}.yaml", "h/{host}/{stack}.yaml"]
groups:
  all: { vars: { B: all, C: all, D: all, E: all } }
  one: { vars: { C: one, D: one, E: one } }
  two: { vars: { D: two, E: two } }
hosts: { nas: { connect: local, groups: [one, two], stacks: [web], vars: { E: host, F: host } } }
stacks: { web: { vars: { F: stack } } }
--- s/web.yaml
services: { web: { image: "$A$A2 $B $C $D $E $F" } }
--- s/.env
A=env
A2=env
B=env
--- h/nas/web.yaml
services: { web: { hostname: "${A2}" } }
--- h/nas/.env
A2="nearer than $A, under $F"
"#
    ), @r#"
    host nas
      stack web
        network web_default (default) {}
        service web as web-web-1
          image: "envnearer than env, under stack all one two host stack"
          hostname: "nearer than env, under stack"
          network: {"attached":{"web_default":{"aliases":["web","web-web-1"]}}}
          restart: "no"
    "#);
}

#[test]
fn a_hosts_own_variables_are_there_for_all_its_stacks() {
    insta::assert_snapshot!(resolve_text(
        r#"
homelab: h
hosts: { nas: { connect: local, stacks: [web] } }
--- stacks/web/compose.yaml
services: { web: { image: "$IMAGE:$TAG" } }
--- stacks/web/.env
IMAGE=web
TAG=1
--- hosts/nas/compose.yaml
services: { other: { image: "other:$TAG" } }
--- hosts/nas/.env
TAG=2
"#
    ), @r#"
    host nas
      stack nas
        network nas_default (default) {}
        service other as nas-other-1
          image: "other:2"
          network: {"attached":{"nas_default":{"aliases":["nas-other-1","other"]}}}
          restart: "no"
      stack web
        network web_default (default) {}
        service web as web-web-1
          image: "web:2"
          network: {"attached":{"web_default":{"aliases":["web","web-web-1"]}}}
          restart: "no"
    "#);
}

#[test]
fn a_variable_that_nobody_set_is_one_finding_for_all_hosts() {
    insta::assert_snapshot!(findings_of(
        r#"
homelab: h
groups: { all: { stacks: [web] } }
hosts:
  a: { connect: local, vars: { ONLY_A: x } }
  b: { connect: ssh://b }
  c: { connect: ssh://c }
--- stacks/web/compose.yaml
services:
  web:
    image: web:${TAG}
    hostname: ${ONLY_A:?say it}
    user: $ONLY_A
    working_dir: /$ONLY_A/$TAG
--- hosts/a/compose.yaml
services: { own: { image: "own:$TAG", user: $OWN } }
"#
    ), @r#"
    hosts/a/compose.yaml:1:32: warning[undefined-variable] services.own.image
      the variable TAG is not set, so it is empty here
      stacks/web/compose.yaml:3:16: and here
      stacks/web/compose.yaml:6:27: and here
      hint: set it under groups.all.vars in hob.yaml (it is missing on a, b, c), or write $$ if a dollar sign is meant
    hosts/a/compose.yaml:1:45: warning[undefined-variable] services.own.user
      the variable OWN is not set, so it is empty here
      hint: set it in hosts/a/.env or under hosts.a.vars in hob.yaml, or write $$ if a dollar sign is meant
    stacks/web/compose.yaml:4:15: error[required-variable] services.web.hostname
      the variable ONLY_A is required and has no value: say it
      hint: set it in stacks/web/.env or under groups.all.vars in hob.yaml (it is missing on b, c), or write $$ if a dollar sign is meant
    stacks/web/compose.yaml:5:11: warning[undefined-variable] services.web.user
      the variable ONLY_A is not set, so it is empty here
      stacks/web/compose.yaml:6:19: and here
      hint: set it in stacks/web/.env or under groups.all.vars in hob.yaml (it is missing on b, c), or write $$ if a dollar sign is meant
    "#);
}

#[test]
fn profiles_are_active_by_variable() {
    insta::assert_snapshot!(resolve_text(
        r#"
homelab: h
hosts: { nas: { connect: local, stacks: [web], vars: { COMPOSE_PROFILES: "debug, more" } } }
--- stacks/web/compose.yaml
services:
  shell: { image: shell, network_mode: none, profiles: [debug] }
  off: { image: off, network_mode: none, profiles: [other] }
"#
    ), @r#"
    host nas
      stack web
        service shell as web-shell-1
          image: "shell"
          network: "none"
          restart: "no"
    "#);
}

/// What an attribute is, with `@` where a variable stands in it.
const PLACES_FOR_ACCIDENTS: [&str; 15] = [
    "ports: ['@:80']",
    "restart: '@'",
    "cpus: '@'",
    "mem_limit: '@'",
    "privileged: '@'",
    "env_file: '@'",
    "healthcheck: { interval: '@' }",
    "extra_hosts: ['@']",
    "network_mode: 'service:@'",
    "pull_policy: '@'",
    "networks: ['@']",
    "container_name: '@!'",
    "devices: ['@:x:y:z']",
    "ulimits: { nofile: '@' }",
    "volumes: ['@:/data']",
];

#[test]
fn values_from_files_are_in_no_finding() {
    // One that is called like a secret, one that looks like one, and one that does neither.
    for (variable, value) in
        [("DB_PASSWORD", "envsecret"), ("DB_PORT", "hunter2hunter2"), ("PIN", "swordfish")]
    {
        for attribute in PLACES_FOR_ACCIDENTS {
            let attribute = attribute.replace('@', &format!("${{{variable}}}"));
            let (_, findings) = resolved(&format!(
                "homelab: h\nhosts: {{ nas: {{ connect: local, stacks: [web] }} }}\n\
                 --- stacks/web/.env\n{variable}={value}\n\
                 --- stacks/web/compose.yaml\nservices:\n  web:\n    image: x:1\n    {attribute}\n"
            ));
            let shown = lines(&findings);
            assert!(shown.contains(&format!("${{{variable}}}")), "{attribute}: {shown}");
            assert!(!shown.contains(value), "{attribute}: {shown}");
        }
    }
}

#[test]
fn values_of_hob_yaml_are_shown() {
    insta::assert_snapshot!(findings_of("
homelab: h
hosts: { nas: { connect: local, stacks: [web], vars: { PORT: swordfish } } }
--- stacks/web/.env
PORT=8080
--- stacks/web/compose.yaml
services:
  web: { image: \"x:1\", ports: ['${PORT}:80'] }
"), @r#"
    stacks/web/compose.yaml:2:32: error[invalid-port] services.web.ports[0]
      "swordfish:80" is not a port: "swordfish" is not a port or range of ports
      hint: write [[ip:]published:]target[/protocol], such as "8080:80"
    "#);
}
