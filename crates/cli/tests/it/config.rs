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
fn compose_files_are_shown_like_docker_compose_does() {
    let place = Place::with(
        "--- compose.yaml\nservices: { a: { image: 'x:${TAG:-1}' } }\n\
         --- more.yaml\nservices: { a: { command: [b] } }\n\
         --- my.env\nTAG=2\n--- .env\nTAG=3\n",
    );
    let images = |arguments: &str| place.hob(arguments).stdout;
    assert_eq!(images("config --images"), "x:3\n");
    assert_eq!(images("config --env-file my.env --images"), "x:2\n");
    assert_eq!(images("config --no-interpolate --images"), "x:${TAG:-1}\n");
    insta::assert_snapshot!(place.say("config -f compose.yaml -f more.yaml -p home --format json"));
}

#[test]
fn a_fault_in_a_compose_file_has_its_place() {
    let place = Place::with("--- compose.yaml\nservices:\n  a: { image: x, imgae: y }\n");
    insta::assert_snapshot!(place.say("config"));
}
