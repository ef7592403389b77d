//! `hob config`: stacks of a homelab, and Compose files alone.

use crate::hermetic::Place;

const HOME: &str = "\
--- hob.yaml
homelab: home
hosts:
  nas: { connect: local, stacks: [web], vars: { TAG: '1.27' } }
  pi: { connect: ssh://pi.example, stacks: [web], vars: { TAG: '1.28' } }
--- stacks/web/compose.yaml
services:
  app:
    image: nginx:${TAG}
    environment: [A=b]
    volumes: [data:/data]
  db: { image: postgres:16 }
volumes: { data: {} }
";

#[test]
fn a_stack_is_shown_as_it_is_on_a_host() {
    let place = Place::with(HOME);
    insta::assert_snapshot!(
        [
            "config web --host nas",
            "config web --host pi --images",
            "config web --host pi --services",
            "config web --host pi --volumes",
            "config web"
        ]
        .map(|command| place.say(command))
        .concat()
    );
}

#[test]
fn standard_input_is_a_file() {
    let place = Place::with("--- more.yaml\nservices: { a: { image: b } }\n");
    let input = "services: { a: { image: a }, c: { image: c } }";
    assert_eq!(place.hob_reading("config -f - -f more.yaml --images", input), "b\nc\n");
}

/// A stack of two layers, with a service that extends another one, and secrets in files.
const LAYERS: &str = "\
--- hob.yaml
homelab: home
groups:
  all: { vars: { TAG: '1.27' } }
hosts:
  nas: { connect: local, stacks: [web] }
--- stacks/web/compose.yaml
services:
  base:
    image: nginx:${TAG}
    environment: { LEVEL: info, PASSWORD: \"${DB_PASSWORD}\" }
  app:
    extends: base
    env_file: app.env
    labels: { link: \"https://me:${DB_PASSWORD}@${DOMAIN}\" }
    volumes: [./conf:/conf]
--- stacks/web/conf/x
x
--- stacks/web/app.env
# comment
API=abc
--- stacks/web/.env
DB_PASSWORD=hunter2
DOMAIN=example.com
--- hosts/nas/web/compose.yaml
services:
  app:
    image: nginx:1.28
    environment:
      LEVEL: debug
";

#[test]
fn what_files_of_variables_say_is_hidden_unless_asked_for() {
    let place = Place::with(LAYERS);
    insta::assert_snapshot!(
        ["config web app", "config web app --reveal --format json"]
            .map(|command| place.say(command))
            .concat()
    );
}

#[test]
fn values_tell_where_they_come_from() {
    let place = Place::with(LAYERS);
    insta::assert_snapshot!(
        [
            "config web --explain services.app.image",
            "config web --explain services.app.environment.PASSWORD",
            "config web --explain services.app",
            "config web --explain services.app.environment.LEVEL --json",
            "config web --explain services.*.nothing",
            "config -f stacks/web/compose.yaml --explain services.app.labels",
        ]
        .map(|command| place.say(command))
        .concat()
    );
}

#[test]
fn a_fault_is_data_with_its_places() {
    let place = Place::with(
        "--- compose.yaml\nservices:\n  a: { image: x, security_opt: [b] }\n\
         --- more.yaml\nservices:\n  a:\n    security_opt: [b]\n",
    );
    insta::assert_snapshot!(place.say("config -f compose.yaml -f more.yaml --json"));
}

#[test]
fn a_fault_in_a_compose_file_has_its_place() {
    let place = Place::with("--- compose.yaml\nservices:\n  a: { image: x, imgae: y }\n");
    insta::assert_snapshot!(place.say("config"));
}

#[test]
fn the_variables_of_a_stack_are_listed_with_their_defaults() {
    let place = Place::with(LAYERS);
    place.write("stacks/web/.env", "DB_PASSWORD=hunter2hunter2\nDOMAIN=home.example\n");
    let listed = place.hob("config web --variables").stdout;
    let names: Vec<&str> =
        listed.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names, ["DB_PASSWORD", "DOMAIN", "TAG"], "{listed}");
    let named: serde_json::Value =
        serde_json::from_str(&place.hob("config web --variables --json").stdout).unwrap();
    assert!(named.get("DOMAIN").is_some(), "{named}");
}

#[test]
fn flags_for_compose_files_say_so_in_a_homelab() {
    let place = Place::with(HOME);
    assert_eq!(
        place.say("config web --no-interpolate"),
        "> hob config web --no-interpolate\n! error: --no-interpolate is for Compose files, and \
         there is no compose.yaml in @/repository or above it\n! hint: name one with -f; without \
         --no-interpolate, hob config shows a stack\n= 1\n"
    );
}
