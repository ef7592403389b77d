//! Rules for a repository: each fires where it should and nowhere else.

use std::collections::BTreeSet;

use hob_model::{Finding, REPOSITORY_ROOT, lint};

use crate::support::{DiskFiles, lines, load_text, repository};

fn findings(text: &str) -> Vec<Finding> {
    let files = repository(text);
    let (homelab, mut found) = hob_model::load(&files, REPOSITORY_ROOT);
    let homelab = homelab.unwrap_or_else(|| panic!("{}", lines(&found)));
    found.extend(hob_model::resolve(&homelab, &files, REPOSITORY_ROOT).1);
    found
}

/// The findings of a repository in short: place, severity, code.
#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let short = |finding: &Finding| {
        let line = Finding { path: String::new(), ..finding.clone() }.line();
        line.split(": ").take(2).collect::<Vec<_>>().join(" ")
    };
    let found = findings(text);
    let found_short: Vec<String> = found.iter().map(short).collect();
    assert_eq!(found_short, expected, "{}", lines(&found));
}

/// A host with one stack; `hob` is the rest of `hob.yaml`, `services` what runs.
fn one(hob: &str, services: &str) -> String {
    format!(
        "homelab: h\nhosts: {{ nas: {{ connect: local, stacks: [web] }} }}\n{hob}\n\
         --- stacks/web/compose.yaml\nservices:\n{services}\n"
    )
}

#[test]
fn docker_socket() {
    let mount = |image: &str, options: &str| {
        let socket = "/var/run/docker.sock:/var/run/docker.sock";
        one("", &format!("  app:\n    image: {image}\n    volumes:\n      - {socket}{options}"))
    };
    check(&mount("app:1", ""), &["stacks/web/compose.yaml:5:9 warning[docker-socket]"]);
    check(&mount("app:1", ":ro"), &["stacks/web/compose.yaml:5:9 warning[docker-socket]"]);
    let proxy = "tecnativa/docker-socket-proxy:0.3";
    check(&mount(proxy, ":ro"), &["stacks/web/compose.yaml:5:9 note[docker-socket]"]);
    check(&one("", "  app: { image: app:1, volumes: [/var/run/app:/var/run] }"), &[]);
}

#[test]
fn privileged() {
    check(
        &one("", "  app:\n    image: app:1\n    privileged: true"),
        &["stacks/web/compose.yaml:4:5 warning[privileged]"],
    );
    check(&one("", "  app: { image: app:1, privileged: false, cap_add: [NET_ADMIN] }"), &[]);
}

#[test]
fn latest_tag() {
    let image = |image: &str| one("", &format!("  app: {{ image: {image} }}"));
    check(&image("app"), &["stacks/web/compose.yaml:2:10 note[latest-tag]"]);
    check(&image("box:5000/app:latest"), &["stacks/web/compose.yaml:2:10 note[latest-tag]"]);
    check(&image("app:1.2"), &[]);
    check(&image(&format!("app:latest@sha256:{}", "a".repeat(64))), &[]);
    let built = "  app: { image: app, build: { context: ., dockerfile_inline: FROM x } }";
    check(&one("", built), &[]);
}

#[test]
fn many_notes_of_one_kind_are_one() {
    let services: String = (0..5).map(|at| format!("  s{at}: {{ image: s{at} }}\n")).collect();
    check(&one("", &services), &["stacks/web/compose.yaml:2:9 note[latest-tag]"]);
    let found = findings(&one("", &services));
    assert_eq!(found[0].message, "5 images have no fixed version");
    assert_eq!(found[0].related.len(), 4);
    let each = findings(&one("policy: { rules: { latest-tag: warning } }", &services));
    assert_eq!(each.len(), 5);
    let none = findings(&one("policy: { rules: { latest-tag: off } }", &services));
    assert_eq!(none, []);
}

#[test]
fn no_health_check() {
    let waits = |db: &str| {
        let waits = "depends_on: { db: { condition: service_healthy } }";
        one("", &format!("  app:\n    image: app:1\n    {waits}\n  db: {db}"))
    };
    check(
        &waits("{ image: postgres:16 }"),
        &["stacks/web/compose.yaml:4:5 warning[no-health-check]"],
    );
    let off = "{ image: app:1, healthcheck: { disable: true } }";
    check(&waits(off), &["stacks/web/compose.yaml:4:5 warning[no-health-check]"]);
    let own = "{ image: ghcr.io/immich-app/postgres:16 }";
    check(&waits(own), &["stacks/web/compose.yaml:4:5 note[no-health-check]"]);
    check(&waits("{ image: postgres:16, healthcheck: { test: pg_isready } }"), &[]);
}

#[test]
fn one_shot_not_awaited() {
    let after = |condition: &str, restart: &str| {
        let init = format!("  db-init: {{ image: app:1, restart: {restart} }}");
        let waits = format!("depends_on: {{ db-init: {{ condition: {condition} }} }}");
        one("", &format!("  app:\n    image: app:1\n    {waits}\n{init}"))
    };
    check(
        &after("service_started", "\"no\""),
        &["stacks/web/compose.yaml:4:5 warning[one-shot-not-awaited]"],
    );
    check(&after("service_completed_successfully", "\"no\""), &[]);
    check(&after("service_started", "always"), &[]);
}

/// A host that has something.
fn sized(host: &str, services: &str) -> String {
    format!(
        "homelab: h\nhosts:\n  nas:\n    connect: local\n    stacks: [web]\n{host}\n\
         --- stacks/web/compose.yaml\nservices:\n{services}\n"
    )
}

#[test]
fn memory() {
    let with = |limit: &str| {
        let limit = format!("mem_limit: {limit}");
        sized(
            "    memory: 8GiB",
            &format!("  a:\n    image: a:1\n    {limit}\n  b: {{ image: b:1, {limit} }}"),
        )
    };
    check(
        &with("16g"),
        &[
            "hob.yaml:6:13 note[memory-overcommitted]",
            "stacks/web/compose.yaml:4:5 warning[memory-over-host]",
            "stacks/web/compose.yaml:5:20 warning[memory-over-host]",
        ],
    );
    check(&with("6g"), &["hob.yaml:6:13 note[memory-overcommitted]"]);
    check(&with("4g"), &[]);
    let reserved = "  a: { image: a:1, mem_reservation: 9g }";
    check(&sized("    memory: 8GiB", reserved), &["hob.yaml:6:13 warning[memory-over-host]"]);
    check(&sized("", &reserved.replace("9g", "900g")), &[]);
}

const GPUS: &str = "    gpu: [{ vendor: nvidia, vram: 12GiB }]";

#[test]
fn gpu_not_there() {
    let reserve = |host: &str, count: &str| {
        let gpu = format!("[{{ driver: nvidia, count: {count}, capabilities: [gpu] }}]");
        let deploy = format!("deploy: {{ resources: {{ reservations: {{ devices: {gpu} }} }} }}");
        let services = format!("  a:\n    image: a:1\n    {deploy}");
        sized(host, &services).replacen(
            "hosts:\n",
            "hosts:\n  other: { connect: ssh://other, gpu: [{ vendor: nvidia }] }\n",
            1,
        )
    };
    check(&reserve("", "1"), &["stacks/web/compose.yaml:4:5 warning[gpu-not-there]"]);
    check(&reserve(GPUS, "2"), &["stacks/web/compose.yaml:4:5 warning[gpu-not-there]"]);
    check(&reserve(GPUS, "1"), &[]);
    check(&reserve(GPUS, "all"), &[]);
}

#[test]
fn vram() {
    let want = |vram: &str| {
        let hob = format!("x-hob: {{ gpu: {{ vram: {vram} }} }}");
        sized(GPUS, &format!("  a: {{ image: a:1, {hob} }}\n  b: {{ image: b:1, {hob} }}"))
    };
    check(
        &want("16GiB"),
        &[
            "hob.yaml:6:11 note[vram-overcommitted]",
            "stacks/web/compose.yaml:2:42 warning[vram-over-host]",
            "stacks/web/compose.yaml:3:42 warning[vram-over-host]",
        ],
    );
    check(&want("8GiB"), &["hob.yaml:6:11 note[vram-overcommitted]"]);
    check(&want("6GiB"), &[]);
}

#[test]
fn outside_storage() {
    let with = |host: &str, volume: &str| {
        sized(host, &format!("  a:\n    image: a:1\n    volumes:\n      - {volume}"))
    };
    let storage = "    storage: [{ path: /srv }]";
    check(&with(storage, "/data/a:/a"), &["stacks/web/compose.yaml:5:9 note[outside-storage]"]);
    check(&with(storage, "/srv/a:/a"), &[]);
    check(&with(storage, "/data/a:/a:ro"), &[]);
    check(&with(storage, "/etc/localtime:/etc/localtime"), &[]);
    check(&with("", "/data/a:/a"), &[]);
}

fn two_stacks(one: &str, other: &str) -> String {
    format!(
        "homelab: h\nhosts: {{ nas: {{ connect: local, stacks: [a, b] }} }}\n\
         --- stacks/a/compose.yaml\nservices:\n  a:\n    image: {one}\n\
         --- stacks/b/compose.yaml\nservices:\n  b:\n    image: {other}\n"
    )
}

#[test]
fn shared_path() {
    let mount = |image: &str, volume: &str| format!("{image}\n    volumes:\n      - {volume}");
    let media = mount("sonarr:4", "/media:/media");
    check(
        &two_stacks(&media, &mount("radarr:5", "/media:/media")),
        &["stacks/a/compose.yaml:5:9 note[shared-path]"],
    );
    check(&two_stacks(&media, &mount("jellyfin:10", "/media:/media:ro")), &[]);
    let database = mount("postgres:16", "/srv/db:/var/lib/postgresql/data");
    check(
        &two_stacks(&database, &mount("postgres:17", "/srv/db:/var/lib/postgresql/data")),
        &["stacks/a/compose.yaml:5:9 warning[shared-path]"],
    );
    check(&two_stacks(&database, &mount("dump:1", "/srv/db:/db:ro")), &[]);
    check(
        &two_stacks(&database, &mount("files:1", "/srv:/srv")),
        &["stacks/b/compose.yaml:5:9 note[shared-path]"],
    );
}

#[test]
fn secret_in_clear() {
    let with = |value: &str| {
        one("", &format!("  a:\n    image: a:1\n    environment:\n      DB_PASSWORD: {value}"))
    };
    let found = findings(&with("hunter2"));
    assert_eq!(
        lines(&found),
        "stacks/web/compose.yaml:5:20: warning[secret-in-clear]\n  \
         the value of DB_PASSWORD is in clear text\n  \
         hint: keep it in a sealed file, or in a .env that Git ignores, and write ${NAME} here\n"
    );
    check(&with("change-me"), &[]);
    check(&one("", "  a: { image: a:1 }\n--- stacks/web/unread.env\nPASSWORD=hunter2"), &[]);
}

#[test]
fn secrets_of_files_that_git_ignores_are_in_no_repository() {
    let env = "  a: { image: \"a:${TAG}\" }\n--- stacks/web/.env\nTAG=1\nPASSWORD=hunter2\n";
    check(&one("", env), &["stacks/web/.env:2:10 warning[secret-in-clear]"]);
    check(&one("", &format!("{env}--- .gitignore\n.env\n")), &[]);
    check(&one("", &format!("{env}--- stacks/web/.gitignore\n*\n!*.yaml\n")), &[]);
}

#[test]
fn secrets_of_files_that_travel_count() {
    let mount = "  a: { image: a:1, volumes: [\"./a.conf:/a.conf:ro\"] }";
    let conf = "--- stacks/web/a.conf\nlisten = 80\napi_key = \"kT7x9Qm2Zp4L\"\n";
    check(
        &one("", &format!("{mount}\n{conf}")),
        &["stacks/web/a.conf:2:12 warning[secret-in-clear]"],
    );
}

const PRIVILEGED: &str = "  a:\n    image: a:1\n    privileged: true";

#[test]
fn comments_allow() {
    let with = |comment: &str| one("", &PRIVILEGED.replace("true", &format!("true {comment}")));
    check(&with("# hob: allow privileged it drives the lights"), &[]);
    check(
        &with("# hob: allow privileged"),
        &[
            "stacks/web/compose.yaml:4:5 warning[privileged]",
            "stacks/web/compose.yaml:4:24 warning[allow-without-reason]",
        ],
    );
    check(
        &with("# hob: allow latest-tag mine"),
        &[
            "stacks/web/compose.yaml:4:5 warning[privileged]",
            "stacks/web/compose.yaml:4:24 note[allow-not-used]",
        ],
    );
    check(
        &with("# hob: allow priviledged mine"),
        &[
            "stacks/web/compose.yaml:4:5 warning[privileged]",
            "stacks/web/compose.yaml:4:24 warning[unknown-rule]",
        ],
    );
}

#[test]
fn the_policy_allows_and_weighs() {
    let with = |policy: &str| one(&format!("policy: {{ {policy} }}"), PRIVILEGED);
    let allow = |about: &str| {
        with(&format!("allow: [{{ rule: privileged, {about}, reason: it drives the lights }}]"))
    };
    for about in ["stack: web", "host: nas, service: a", "path: \"stacks/**\""] {
        check(&allow(about), &[]);
    }
    check(
        &allow("service: b"),
        &["hob.yaml:3:19 note[allow-not-used]", "stacks/web/compose.yaml:4:5 warning[privileged]"],
    );
    let weighed = ["stacks/web/compose.yaml:4:5 error[privileged]"];
    check(&with("rules: { privileged: error }"), &weighed);
    check(&with("rules: { privileged: off }"), &[]);
}

#[test]
fn what_loading_found_can_be_allowed_too() {
    let with = |hob: &str, comment: &str| {
        one(hob, &format!("  a: {{ image: \"a:1${{TAG}}\" }} {comment}"))
    };
    check(&with("", ""), &["stacks/web/compose.yaml:2:19 warning[undefined-variable]"]);
    check(&with("", "# hob: allow undefined-variable the registry has a default"), &[]);
    let off = "policy: { rules: { undefined-variable: off } }";
    check(&with(off, ""), &[]);
}

#[test]
fn what_cannot_be_done_cannot_be_allowed() {
    let twice = "  a: { image: a:1, ports: [\"127.0.0.1:80:80\"] }\n  b:\n    image: b:1\n    \
                 ports:\n      - \"127.0.0.1:80:80\" # hob: allow duplicate-port mine";
    check(
        &one("", twice),
        &[
            "stacks/web/compose.yaml:6:9 error[duplicate-port]",
            "stacks/web/compose.yaml:6:29 warning[unknown-rule]",
        ],
    );
    let said = load_text(
        "homelab: h\nhosts: { a: { connect: local } }\n\
                          policy: { rules: { duplicate-port: off } }\n",
    );
    assert!(said.contains("error[unknown-rule]"), "{said}");
}

#[test]
fn the_homelabs_of_this_repository_are_clean() {
    for name in ["fleet", "pi-gitops", "single-vm", "three-site", "zero-trust-ai"] {
        let files = DiskFiles::homelab(name);
        let (homelab, mut found) = hob_model::load(&files, REPOSITORY_ROOT);
        found.extend(hob_model::resolve(&homelab.unwrap(), &files, REPOSITORY_ROOT).1);
        found.retain(|finding| finding.code != "not-acted-on");
        assert_eq!(lines(&found), "", "{name}");
    }
}

#[test]
#[allow(clippy::disallowed_methods, reason = "the test reads the documentation")]
fn every_rule_is_explained() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/rules.md");
    let page = std::fs::read_to_string(path).unwrap();
    let mut sections = BTreeSet::new();
    for section in page.split("\n## ").skip(1) {
        let (title, text) = section.split_once('\n').unwrap();
        let Some(rule) = lint::RULES.iter().find(|rule| rule.id == title) else { continue };
        let severity = format!("{:?}", rule.severity).to_lowercase();
        let says = if rule.can_be_changed { severity } else { format!("{severity}, always") };
        assert!(text.contains(&format!("**{says}**")), "{title} is {says}");
        sections.insert(title.to_owned());
    }
    let rules: BTreeSet<String> = lint::RULES.iter().map(|rule| rule.id.to_owned()).collect();
    let missing: Vec<&String> = rules.difference(&sections).collect();
    assert!(missing.is_empty(), "docs/rules.md does not explain {missing:?}");
}

/// Codes of findings about exceptions themselves, and of limits: they cannot be allowed.
const FIXED: [&str; 4] =
    ["allow-not-used", "allow-without-reason", "too-many-findings", "unknown-rule"];

#[test]
fn every_warning_and_note_can_be_changed() {
    let known = lint::known();
    let mut missing = BTreeSet::new();
    for folder in ["src", "../compose/src"] {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        for source in sources(&folder) {
            let code = source.split("#[cfg(test)]").next().unwrap();
            for call in ["Finding::warning(", "Finding::note("] {
                let literals = code.split(call).skip(1).map(|rest| rest.trim_start());
                let codes = literals.filter_map(|rest| rest.strip_prefix('"')?.split('"').next());
                let unknown = codes.filter(|code| !known.contains(code) && !FIXED.contains(code));
                missing.extend(unknown.map(str::to_owned));
            }
        }
    }
    assert!(missing.is_empty(), "lint::OTHERS does not have {missing:?}");
}

#[allow(clippy::disallowed_methods, reason = "the test reads the source")]
fn sources(folder: &std::path::Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(std::fs::read_to_string(path).unwrap());
        }
    }
    found
}
