//! Repositories that were made without Hob: layouts in the wild, each as small as it can be.

use std::fmt::Write as _;

use hob_compose::MemoryFiles;
use hob_model::adopt::{Adopted, adopt};
use insta::assert_snapshot;

/// Each path with a Compose file of one service, unless it says something else after ` = `.
fn repository(text: &str) -> MemoryFiles {
    let mut files = MemoryFiles::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (path, content) =
            line.split_once(" = ").unwrap_or((line, "services: { web: { image: x } }"));
        files.insert(&format!("/r/{path}"), content.replace("\\n", "\n").into_bytes(), false);
    }
    files
}

fn adopted(text: &str) -> Adopted {
    adopt(&repository(text), "/r", "home", "this").unwrap().unwrap()
}

/// Layers, hosts with their stacks, stacks spelled out, and notes but for those that only repeat.
fn check(text: &str) -> String {
    let Adopted { layers, hosts, spelled_out, unassigned, networks, notes, .. } = adopted(text);
    let mut shown = String::new();
    for layer in layers {
        writeln!(shown, "layer {layer}").unwrap();
    }
    for (name, host) in hosts {
        let own = if host.has_own_file { " and its own file" } else { "" };
        let connect = host.connect.map(|it| format!(" ({it})")).unwrap_or_default();
        writeln!(shown, "host {name}{connect}: {:?}{own}", host.stacks).unwrap();
    }
    for (name, files) in spelled_out {
        writeln!(shown, "stack {name}: {}", files.join(" < ")).unwrap();
    }
    if !unassigned.is_empty() {
        writeln!(shown, "nobody runs {unassigned:?}").unwrap();
    }
    if !networks.is_empty() {
        writeln!(shown, "networks {networks:?}").unwrap();
    }
    for note in notes {
        writeln!(shown, "{:?} {}: {}", note.sureness, note.path, note.text).unwrap();
    }
    shown
}

#[test]
fn one_host_and_a_folder_for_each_stack() {
    assert_snapshot!(check("
        stacks/immich/compose.yaml
        stacks/traefik/compose.yaml
        README.md = x
    "), @r#"
    layer stacks/{stack}/compose.yaml
    host this (local): {"immich", "traefik"}
    Guessed .: nothing names a host, so there is one: this
    "#);
}

#[test]
fn categories_are_no_hosts() {
    assert_snapshot!(check("
        compose/core/traefik/compose.yaml
        compose/media/jellyfin/compose.yaml
        compose/media/sonarr/compose.yaml
    "), @r#"
    layer compose/*/{stack}/compose.yaml
    host this (local): {"jellyfin", "sonarr", "traefik"}
    Guessed .: nothing names a host, so there is one: this
    "#);
}

#[test]
fn folders_that_run_the_same_stacks_are_hosts() {
    assert_snapshot!(check("
        pi/traefik/compose.yaml
        pi/dozzle/compose.yaml
        vps/traefik/compose.yaml
        vps/dozzle/compose.yaml
        vps/mail/compose.yaml
    "), @r#"
    layer {host}/{stack}/compose.yaml
    host pi: {"dozzle", "traefik"}
    host vps: {"dozzle", "mail", "traefik"}
    Guessed .: its folders are hosts: several have the same stacks (dozzle, traefik)
    "#);
}

#[test]
fn numbered_stacks_and_hosts_with_one_file() {
    assert_snapshot!(check("
        services/nas/01-infra/compose.yaml
        services/nas/02-media/compose.yaml
        services/vps/compose.yaml
    "), @r#"
    layer services/{host}/{stack}/compose.yaml
    layer services/{host}/compose.yaml
    host nas: {"01-infra", "02-media"}
    host vps: {} and its own file
    Guessed services: its folders are hosts: the stacks in them are numbered
    "#);
}

#[test]
fn one_large_file_for_each_device() {
    assert_snapshot!(check("
        devices/pi4-ci/docker-compose.yml
        devices/pi5/docker-compose.yml
        devices/shared/security/docker-compose.yml
        docker-compose.test.yml
    "), @r#"
    layer devices/shared/{stack}/docker-compose.yml
    layer devices/{host}/docker-compose.yml
    host pi4-ci: {} and its own file
    host pi5: {} and its own file
    nobody runs {"security"}
    LeftOut docker-compose.test.yml: its name says test
    "#);
}

#[test]
fn shared_stacks_local_ones_and_a_list_for_each_server() {
    assert_snapshot!(check(r#"
        sharedStacks/traefik/compose.yml
        sharedStacks/gatus/compose.yml
        servers/home/config.json = { "sharedStacks": ["traefik", "gatus", "gone"] }
        servers/home/localStacks/immich/compose.yml
        servers/home/compose.yml
        servers/cloud/config.json = { "sharedStacks": ["traefik"] }
    "#), @r#"
    layer sharedStacks/{stack}/compose.yml
    layer servers/{host}/localStacks/{stack}/compose.yml
    layer servers/{host}/compose.yml
    host cloud: {"traefik"}
    host home: {"gatus", "immich", "traefik"} and its own file
    Understood servers/cloud/config.json: names the host cloud
    Understood servers/home/config.json: names the host home
    LeftOut servers/home/config.json: home is to run gone, which has no file
    "#);
}

#[test]
fn roles_of_ansible_and_its_inventories() {
    assert_snapshot!(check("
        roles/pihole/files/docker-compose.yml
        roles/ollama/files/docker-compose.yml
        inventory.ini = [servers]\\ngpu ansible_host=10.0.0.5 ansible_user=deploy ansible_port=2222\\n[servers:vars]\\nx=y\\n
    "), @r#"
    layer roles/{stack}/files/docker-compose.yml
    host gpu (ssh://deploy@10.0.0.5:2222): {"ollama", "pihole"}
    Understood inventory.ini: names the host gpu
    "#);
    assert_snapshot!(check("
        nas/web/compose.yaml
        inventory.yaml = all: { children: { home: { hosts: { nas: { ansible_host: nas.lan } } } } }
    "), @r#"
    layer {host}/{stack}/compose.yaml
    host nas (ssh://nas.lan): {"web"}
    Understood inventory.yaml: names the host nas
    "#);
}

#[test]
fn one_file_for_each_service() {
    assert_snapshot!(check("
        stacks/pihole.yml
        stacks/docker-compose.portainer.yml
    "), @r#"
    layer stacks/docker-compose.{stack}.yml
    layer stacks/{stack}.yml
    host this (local): {"pihole", "portainer"}
    Guessed .: nothing names a host, so there is one: this
    "#);
}

#[test]
fn a_root_file_that_takes_in_everything() {
    assert_snapshot!(check("
        compose.yaml = include: [media/compose.yaml, { path: dns/compose.yaml }]
        media/compose.yaml
        dns/compose.yaml
    "), @r#"
    host this (local): {"home"}
    stack home: compose.yaml
    Understood dns/compose.yaml: a part of compose.yaml, which takes it in
    Understood media/compose.yaml: a part of compose.yaml, which takes it in
    Guessed .: nothing names a host, so there is one: this
    "#);
}

#[test]
fn one_folder_of_files_that_are_one_project() {
    assert_snapshot!(check("
        docker-compose.yml
        docker-compose.override.yml = services: { web: { ports: ['80:80'] } }
        docker-compose.ai.yml = services: { ollama: { image: x } }
        docker-compose.gpu.yml = services: { web: { image: x-gpu } }
    "), @r#"
    host this (local): {"home"}
    stack home: docker-compose.yml < docker-compose.override.yml < docker-compose.ai.yml
    Understood docker-compose.override.yml: merged over docker-compose.yml, as Compose does
    Guessed .: nothing names a host, so there is one: this
    Guessed docker-compose.ai.yml: merged over docker-compose.yml: one project
    LeftOut docker-compose.gpu.yml: it changes services of the file beside it; name both under stacks if it is to count
    "#);
}

#[test]
fn what_is_left_out_has_a_reason() {
    assert_snapshot!(check("
        stacks/web/compose.yaml
        stacks/web/compose.override-prod.yaml = services: { web: { ports: ['80:80'] } }
        stacks/web/hwaccel.yml = services: { nvenc: { devices: [/dev/dri] } }
        templates/new/compose.yaml
        stacks/made/compose.yaml = services:\\n  web:\\n    image: {{ image }}\\n    {% if x %}\\n
        stacks/broken/compose.yaml = services:\\n  web: [\\n
        group_vars/all.yml = services: [docker, sshd]
        k8s/service.yaml = kind: Service\\nspec: { ports: [] }
    "), @r#"
    layer stacks/{stack}/compose.yaml
    host this (local): {"web"}
    Guessed .: nothing names a host, so there is one: this
    LeftOut stacks/broken/compose.yaml: not valid, line 2: this is not valid YAML: unclosed bracket '['
    LeftOut stacks/made/compose.yaml: a template, not YAML (line 3)
    LeftOut stacks/web/compose.override-prod.yaml: its name says prod
    LeftOut stacks/web/hwaccel.yml: it only adds to another file; name both under stacks if it is to count
    LeftOut templates/new/compose.yaml: its folder says templates
    "#);
}

#[test]
fn networks_that_no_stack_makes_are_made_by_hob() {
    assert_snapshot!(check("
        a/compose.yaml = { services: { web: { image: x } }, networks: { proxy: { external: true }, back: { name: back } } }
        b/compose.yaml = { services: { web: { image: x } }, networks: { back: { external: true }, old: { external: { name: legacy } } } }
    "), @r#"
    layer {stack}/compose.yaml
    host this (local): {"a", "b"}
    networks {"legacy", "proxy"}
    Guessed .: nothing names a host, so there is one: this
    "#);
}

#[test]
fn the_text_that_is_written() {
    let adopted = adopted(
        "
        pi/traefik/compose.yaml = services: { web: { image: x, ports: ['80:80'] } }
        pi/dozzle/compose.yaml
        vps/traefik/compose.yaml
        vps/dozzle/compose.yaml
    ",
    );
    assert_snapshot!(adopted.text());
}

#[test]
fn a_folder_without_compose_files_is_no_homelab() {
    let files = repository("README.md = x\nplaybook.yml = - hosts: all");
    assert_eq!(adopt(&files, "/r", "home", "this").unwrap(), None);
}

#[test]
fn compose_files_that_cannot_be_read_are_told() {
    let large = format!("services: {{ web: {{ image: x }} }}\n# {}", "x".repeat(1 << 20));
    let files = repository(
        "
        compose.yaml = services:\\n  web: {\\n
        a/compose.yaml = service: { web: { image: x } }
        b/docker-compose.yml = services: {}
        c/compose.yml = {{ everything }}
    ",
    );
    let files = files.with("/r/d/compose.yaml", large).with("/r/e/compose.yaml", b"\xff");
    let nothing = adopt(&files, "/r", "home", "this").unwrap().unwrap();
    assert!(nothing.hosts.is_empty() && nothing.layers.is_empty());
    let notes = nothing.notes.iter().map(|note| format!("{}: {}\n", note.path, note.text));
    assert_snapshot!(notes.collect::<String>(), @"
    a/compose.yaml: nothing in it is a service
    b/docker-compose.yml: nothing in it is a service
    c/compose.yml: a template, not YAML (line 1)
    compose.yaml: not valid, line 2: this is not valid YAML: unclosed bracket '{'
    d/compose.yaml: larger than 1 MiB
    e/compose.yaml: not text in UTF-8
    ");
}
