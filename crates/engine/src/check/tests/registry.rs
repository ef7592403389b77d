//! Images in their registries.

use hob_model::ImageRef;

use super::*;

const IMAGES: &str = "
homelab: home
hosts: { nas: { connect: local, stacks: [web] } }
--- stacks/web/compose.yaml
services:
  app: { image: 'nginx:1.27' }
  api: { image: 'ghcr.io/example/api:2' }
  own: { image: 'own:1', build: . }
--- stacks/web/Dockerfile
FROM scratch
";

type Said<'a> = (&'a str, Result<Vec<&'a str>, &'a str>);

fn check(said: Vec<Said<'_>>) -> String {
    let own = |platforms: Vec<&str>| platforms.into_iter().map(str::to_owned).collect();
    let images = said
        .into_iter()
        .map(|(image, said)| (ImageRef::from(image), said.map(own).map_err(str::to_owned)))
        .collect();
    let facts = Facts { images, ..facts() };
    let selection = Selection::default();
    let text = check_selected(IMAGES, &selection, &facts, &HostState::default(), true);
    text.lines()
        .filter(|line| line.contains("image") || line.contains("registry"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn images_are_to_be_had_for_the_hosts_processor() {
    let both = || Ok(vec!["linux/amd64", "linux/arm64"]);
    assert_eq!(
        check(vec![("nginx:1.27", both()), ("ghcr.io/example/api:2", Ok(vec![]))]),
        "nas images: Pass, 2 images to be had for arm64"
    );
    assert_eq!(
        check(vec![("nginx:1.27", both()), ("ghcr.io/example/api:2", Ok(vec!["linux/amd64"]))]),
        "nas images: Pass, 1 image to be had for arm64\n\
         nas image ghcr.io/example/api:2: Fail, there is none for linux/arm64, only for \
         linux/amd64 (take another image or tag, or move the stack to a host that it is for)"
    );
    assert_eq!(
        check(vec![
            ("nginx:1.27", Err("manifest unknown")),
            ("ghcr.io/example/api:2", Err("dial tcp: i/o timeout")),
        ]),
        "nas image nginx:1.27: Fail, manifest unknown (is its name right? If it is private: docker \
         login on this machine)\n\
         nas registry ghcr.io: Warn, 1 image cannot be asked for: dial tcp: i/o timeout (can the \
         host reach it, and find its name? Images that the host has are kept)"
    );
}

#[test]
fn registries_are_asked_for_what_is_missing_and_once_for_what_is_there() {
    let desired = desired_of(IMAGES);
    let stacks = || desired.hosts["nas"].stacks.iter();
    let asked = |state: &HostState| -> Vec<String> {
        super::super::images::to_ask(stacks(), state).iter().map(ToString::to_string).collect()
    };
    assert_eq!(asked(&HostState::default()), ["ghcr.io/example/api:2", "nginx:1.27"]);
    let mut state = HostState::default();
    state.images.insert(ImageRef::from("nginx:1.27").familiar(), hob_model::ImageId::new("x"));
    // Of its registry the host has everything: one image tells whether it answers.
    assert_eq!(asked(&state), ["ghcr.io/example/api:2", "nginx:1.27"]);
}
