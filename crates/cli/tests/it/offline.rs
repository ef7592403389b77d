//! What needs no host: starting a homelab, checking it, help, version, completions.

use crate::hermetic::{Place, is_there};

#[test]
fn init_starts_a_homelab_that_has_no_errors() {
    let place = Place::empty();
    assert_eq!(
        place.say("init --host nas"),
        "> hob init --host nas\nmade hob.yaml\nmade stacks/hello/compose.yaml\n\
         made .hob/schema.json\n! Next: hob check says whether all is well, hob plan what would \
         happen, hob apply does it.\n= 0\n"
    );
    assert_eq!(
        place.say("check --offline"),
        "> hob check --offline\n✓ repository: 1 host, 1 stack, 1 service, no errors\n= 0\n"
    );
}

#[test]
fn init_changes_nothing_that_is_there() {
    let place = Place::with("--- stacks/hello/compose.yaml/notes.md\nLater.\n");
    assert_eq!(
        place.say("init"),
        "> hob init\n! refused: stacks/hello/compose.yaml is there already\n\
         ! hint: go on with hob check, or begin in an empty folder\n= 1\n"
    );
    assert!(!is_there(&place.repository().join("hob.yaml")));
    assert_eq!(
        place.say("init --host a/b"),
        "> hob init --host a/b\n! error: \"a/b\" is no name for a host\n\
         ! hint: use letters, digits, - and _\n= 1\n"
    );
}

const FAULTY: &str = "\
--- hob.yaml
homelab: home
hosts:
  nas: { connect: local, stacks: [web], grups: [all] }
policy: { publish: [0.0.0.0] }
--- stacks/web/compose.yaml
services:
  app:
    image: nginx:1.27
    enviroment: { A: b }
";

#[test]
fn findings_show_their_lines() {
    insta::assert_snapshot!(Place::with(FAULTY).say("check --offline"));
}

#[test]
fn findings_are_data_too() {
    insta::assert_snapshot!(Place::with(FAULTY).say("check --offline --json"));
}

#[test]
fn the_nearest_repository_above_counts() {
    let place = Place::empty();
    assert_eq!(place.hob("init").code, 0);
    assert_eq!(place.hob("-C stacks/hello check --offline").code, 0);
    assert_eq!(
        place.say("-C nowhere check --offline"),
        "> hob -C nowhere check --offline\n! error: opening folder @/repository/nowhere\n\
         !   caused by: it is not there\n= 1\n"
    );
    assert_eq!(
        Place::empty().say("plan"),
        "> hob plan\n! error: there is no hob.yaml in @/repository or above it\n\
         ! hint: name the folder of a homelab's repository with -C, or make one with hob init\n\
         = 1\n"
    );
}

#[test]
fn the_version_is_text_or_data() {
    let version = env!("CARGO_PKG_VERSION");
    let place = Place::empty();
    assert_eq!(place.say("version"), format!("> hob version\nhob {version}\n= 0\n"));
    let json = place.hob("version --json").stdout;
    assert_eq!(json, format!("{{\n  \"version\": \"{version}\"\n}}\n"));
}

#[test]
fn there_are_completions_for_every_shell() {
    let place = Place::empty();
    for shell in ["bash", "zsh", "fish"] {
        let script = place.hob(&format!("completions {shell}")).stdout;
        for word in ["skip-stack", "no-progress", "verify"] {
            assert!(script.contains(word), "{shell} does not complete {word}");
        }
    }
}

#[test]
fn help_says_what_everything_means() {
    let place = Place::empty();
    let mut text = place.say("help");
    // What every command takes is in the first text, the selection in that of `check`.
    for (command, until) in [
        ("check", "\nEverywhere:"),
        ("init", "\nEverywhere:"),
        ("plan", "\nSelection:"),
        ("apply", "\nSelection:"),
        ("verify", "\nSelection:"),
        ("status", "\nSelection:"),
        ("logs", "\nSelection:"),
        ("config", "\nEverywhere:"),
        ("schema", "\nEverywhere:"),
        ("version", "\nEverywhere:"),
        ("completions", "\nEverywhere:"),
    ] {
        let help = place.say(&format!("help {command}"));
        text += help.split(until).next().unwrap();
    }
    insta::assert_snapshot!(text);
}

const GROWN: &str = "\
--- pi/traefik/compose.yaml
services: { traefik: { image: traefik:v3.5.3, ports: ['80:80'], networks: [proxy] } }
networks: { proxy: { external: true } }
--- pi/dozzle/compose.yaml
services: { dozzle: { image: amir20/dozzle:v8.13.8 } }
--- vps/traefik/compose.yaml
services: { traefik: { image: traefik:v3.5.3 } }
--- vps/dozzle/compose.yaml
services: { dozzle: { image: amir20/dozzle:v8.13.8 } }
--- old/web/compose.yaml
services: { web: { image: nginx:1.27 } }
--- inventory.ini
[all]
pi ansible_host=pi.lan ansible_user=deploy
";

#[test]
fn init_describes_what_is_there() {
    let place = Place::with(GROWN);
    insta::assert_snapshot!(place.say("init --dry-run"));
    assert!(!is_there(&place.repository().join("hob.yaml")));
    assert_eq!(place.hob("init").code, 0);
    insta::assert_snapshot!(place.say("check --offline"));
    assert_eq!(
        place.say("init"),
        "> hob init\n! refused: hob.yaml is there already\n! hint: go on with hob check, or see \
         with --dry-run what would be written\n= 1\n"
    );
}

#[test]
fn what_init_found_is_data_too() {
    let grown = Place::with(GROWN).hob("init --dry-run --json").stdout;
    insta::assert_snapshot!(grown);
}

#[test]
fn init_does_not_begin_beside_compose_files_that_it_cannot_read() {
    let broken = "--- compose.yaml\nservices:\n  web:\n    image: x\n  bad\n";
    let place = Place::with(broken);
    assert_eq!(
        place.say("init"),
        "> hob init\n! refused: no Compose file here can be read\n!   caused by: compose.yaml: not \
         valid, line 4: this is not valid YAML: simple key expected ':'\n! hint: mend them and run \
         hob init again, or begin in an empty folder\n= 1\n"
    );
    assert!(!is_there(&place.repository().join("hob.yaml")));
    assert!(!is_there(&place.repository().join("stacks")));
}

#[test]
fn init_stays_in_the_repository_and_goes_round_no_circle() {
    let place = Place::with("--- web.yaml\nservices: { web: { image: \"x:1\" } }\n");
    for (to, name) in [(".", "loop"), ("/etc", "etc"), ("nowhere", "gone")] {
        std::os::unix::fs::symlink(to, place.repository().join(name)).unwrap();
    }
    insta::assert_snapshot!(place.say("init --dry-run"));
    assert_eq!(place.hob("init").code, 0);
    assert_eq!(
        place.say("check --offline"),
        "> hob check --offline\n\u{2713} repository: 1 host, 1 stack, 1 service, no errors\n= 0\n"
    );
}

#[test]
fn the_schema_is_printed_or_put_where_hob_yaml_says() {
    let place = Place::empty();
    assert_eq!(place.hob("init").code, 0);
    let schema = place.hob("schema").stdout;
    let parsed: serde_json::Value = serde_json::from_str(&schema).unwrap();
    assert_eq!(parsed["$schema"], "http://json-schema.org/draft-07/schema#");
    let file = place.repository().join(".hob/schema.json");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), schema);
    let unchanged = "> hob schema --write\n.hob/schema.json is as it should be\n= 0\n";
    assert_eq!(place.say("schema --write"), unchanged);
    std::fs::write(&file, "{}").unwrap();
    assert_eq!(
        place.say("schema --write"),
        "> hob schema --write\nmade .hob/schema.json\n! Editors read it if the first line of \
         hob.yaml is: # yaml-language-server: $schema=.hob/schema.json\n= 0\n"
    );
    assert_eq!(std::fs::read_to_string(&file).unwrap(), schema);
}

#[test]
fn hosts_that_are_not_managed_yet_are_shown_and_not_asked() {
    let place =
        Place::with("--- hob.yaml\nhomelab: home\nhosts: { cluster: { kind: kubernetes } }\n");
    assert_eq!(
        place.say("check --offline"),
        "> hob check --offline\n✓ repository: 0 hosts, 0 stacks, 0 services, no errors\n\
         - cluster: a kubernetes host, not managed yet\n= 0\n"
    );
    insta::assert_snapshot!(
        ["status", "status --json", "check --offline --json", "check --host cluster", "plan"]
            .map(|command| place.say(command))
            .concat()
    );
}

/// The reference homelabs, with what the summary says of each.
const HOMELABS: [(&str, &str); 5] = [
    ("fleet", "7 hosts, 68 stacks, 190 services"),
    ("pi-gitops", "5 hosts, 18 stacks, 22 services"),
    ("single-vm", "1 host, 26 stacks, 36 services"),
    ("three-site", "3 hosts, 23 stacks, 28 services"),
    ("zero-trust-ai", "1 host, 5 stacks, 5 services"),
];

#[test]
fn the_reference_homelabs_have_no_errors() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../homelabs");
    for (name, counts) in HOMELABS {
        let folder = root.join(name).canonicalize().unwrap();
        let ran = Place::empty().hob(&format!("check --offline -C {}", folder.display()));
        let all = format!("{}{}", ran.stdout, ran.stderr);
        assert_eq!(ran.code, 0, "{name}: {all}");
        assert!(ran.stdout.contains(counts), "{name}: {counts} is not in {all}");
        assert!(!all.contains("warning["), "{name}: {all}");
    }
}
