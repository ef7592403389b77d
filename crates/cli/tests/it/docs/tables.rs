//! Tables that say all there is: environment variables, codes of findings, attributes.

use std::{
    cell::RefCell,
    collections::BTreeSet,
    env, fs,
    sync::{Mutex, PoisonError},
};

use hob_cli::Environment;

use super::{UPDATE_VARIABLE, files, read, root};
use crate::hermetic::Place;

/// What stands in backticks in the first column of the tables of a page.
fn first_column(page: &str) -> Vec<String> {
    let text = read(page);
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| row.split_once('`')).map(|(name, _)| name.to_owned()).collect()
}

/// Names on one side only.
fn check_names(page: &str, shown: &[String], real: &BTreeSet<String>) {
    let unique: BTreeSet<String> = shown.iter().cloned().collect();
    assert_eq!(unique.len(), shown.len(), "{page} has a name twice");
    let missing: Vec<&String> = real.difference(&unique).collect();
    let gone: Vec<&String> = unique.difference(real).collect();
    assert!(missing.is_empty(), "{page} does not have {missing:?}");
    assert!(gone.is_empty(), "{page} has {gone:?}, which do not exist");
}

#[test]
fn every_environment_variable_is_explained() {
    let asked = RefCell::new(BTreeSet::new());
    Environment::read(|name| {
        asked.borrow_mut().insert(name.to_owned());
        None
    });
    let page = "docs/environment.md";
    check_names(page, &first_column(page), &asked.into_inner());
}

#[test]
fn every_code_of_a_finding_is_explained() {
    let mut codes: BTreeSet<String> =
        hob_compose::codes::CODES.iter().map(|(code, _)| (*code).to_owned()).collect();
    for folder in ["crates/compose/src", "crates/model/src", "crates/cli/src"] {
        for path in files(folder) {
            let source = read(&path);
            let code = source.split("#[cfg(test)]").next().unwrap_or(&source);
            codes.extend(codes_in(code));
        }
    }
    let page = "docs/findings.md";
    let shown = first_column(page);
    check_names(page, &shown, &codes);
    assert!(codes.len() > 80, "only {} codes were found", codes.len());
}

/// Codes in source text: `Finding::error("code", ...` and the like.
fn codes_in(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    for call in ["error(", "warning(", "note("] {
        for rest in source.split(call).skip(1) {
            let Some(rest) = rest.trim_start().strip_prefix('"') else { continue };
            let Some((code, rest)) = rest.split_once('"') else { continue };
            let is_code = code.chars().all(|c| c.is_ascii_lowercase() || c == '-' || c == '8');
            if is_code && rest.starts_with(',') {
                found.push(code.to_owned());
            }
        }
    }
    found
}

/// What the parts of the schema are to those who write Compose files.
const PARTS: &[(&str, &str)] = &[
    ("PROJECT", "At the top level"),
    ("SERVICE", "Of a service"),
    ("DEPLOY", "Below `deploy`"),
    ("RESERVATIONS", "Below `deploy.resources.reservations`"),
    ("CONFIG", "Of a config"),
    ("SECRET", "Of a secret"),
    ("VOLUMES", "Of a mount"),
];

#[test]
fn every_attribute_is_listed() {
    let mut lists = String::new();
    let carried = hob_compose::schema::carried();
    lists += &paragraph("Carried, of a service", &carried);
    for (status, word) in [("inert", "Noted"), ("missing", "Refused")] {
        let mut found = Vec::new();
        for path in files("crates/compose/src/schema") {
            found.extend(marked(status, &read(&path)));
        }
        for (name, label) in PARTS {
            let names: Vec<&str> =
                found.iter().filter(|(of, _)| of == name).map(|(_, name)| name.as_str()).collect();
            if !names.is_empty() {
                let label = label[..1].to_lowercase() + &label[1..];
                lists += &paragraph(&format!("{word}, {label}"), &names);
            }
        }
        for (of, name) in &found {
            assert!(PARTS.iter().any(|(part, _)| part == of), "{of}, with {name}, has no label");
        }
    }
    replace("docs/compose.md", "attributes", &lists);
}

/// Attributes of a status, each with the constant of the schema that it stands in.
fn marked(status: &str, source: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for part in source.split("const ").skip(1) {
        let Some((constant, body)) = part.split_once(':') else { continue };
        for (at, _) in body.match_indices(&format!("{status}(")) {
            let rest = body[at + status.len() + 1..].trim_start();
            let name = rest.strip_prefix('"').and_then(|rest| rest.split_once('"'));
            found.extend(name.map(|(name, _)| (constant.to_owned(), name.to_owned())));
        }
    }
    found
}

/// `**Heading**: names`, in lines of at most 100 columns.
fn paragraph(heading: &str, names: &[&str]) -> String {
    let mut lines = vec![format!("**{heading}**:")];
    for (at, name) in names.iter().enumerate() {
        let end = if at + 1 == names.len() { "." } else { "," };
        let word = format!(" `{name}`{end}");
        match lines.last_mut() {
            Some(line) if line.len() + word.len() <= 100 => *line += &word,
            _ => lines.push(word.trim_start().to_owned()),
        }
    }
    format!("\n{}\n", lines.join("\n"))
}

/// Compares the part of a page between `<!-- made: NAME -->` and `<!-- end -->`, or makes it anew.
fn replace(page: &str, name: &str, made: &str) {
    // Several tests may make parts of one page.
    static WRITING: Mutex<()> = Mutex::new(());
    let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let text = read(page);
    let start = format!("<!-- made: {name} -->\n");
    let (before, rest) = text.split_once(&start).unwrap();
    let (there, after) = rest.split_once("\n<!-- end -->").unwrap();
    if there == made {
        return;
    }
    if env::var_os(UPDATE_VARIABLE).is_some() {
        let whole = format!("{before}{start}{made}\n<!-- end -->{after}");
        fs::write(root().join(page), whole).unwrap();
        return;
    }
    panic!("{page} is out of date; {UPDATE_VARIABLE}=1 makes its list anew:\n{made}");
}

/// Everything that is carried and has no effect.
const WITHOUT_EFFECT: &str = r#"--- hob.yaml
homelab: home
hosts: { nas: { connect: local, stacks: [web] } }
--- stacks/web/app.conf
--- stacks/web/compose.yaml
services:
  app:
    image: app
    dns_opt: [rotate]
    dns_search: [lan]
    configs: [{ source: conf, target: /conf, uid: "1", gid: "1", mode: 0444 }]
    secrets: [{ source: conf, target: /secret, uid: "1", gid: "1", mode: 0444 }]
    networks:
      net:
        link_local_ips: [169.254.1.1]
        mac_address: 02:42:ac:11:65:43
        driver_opts: { a: b }
        gw_priority: 1
        interface_name: eth9
    volumes:
      - type: bind
        source: /srv
        target: /srv
        consistency: cached
        bind: { selinux: z, recursive: enabled }
      - type: volume
        source: data
        target: /data
        volume: { subpath: a, labels: { a: b } }
configs: { conf: { file: ./app.conf } }
secrets: { conf: { file: ./app.conf } }
volumes: { data: {} }
networks:
  net:
    enable_ipv4: false
    ipam:
      driver: other
      options: { a: b }
      config: [{ subnet: 10.0.0.0/8, ip_range: 10.1.0.0/16, aux_addresses: { a: 10.0.0.9 } }]
"#;

#[test]
fn what_has_no_effect_is_listed() {
    let said = Place::with(WITHOUT_EFFECT).hob("check --offline --json");
    assert_eq!(said.code, 0, "{}", said.stdout);
    let said: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    let (mut services, mut networks) = (BTreeSet::new(), BTreeSet::new());
    for found in said["findings"].as_array().unwrap() {
        if found["code"] != "not-acted-on" {
            continue;
        }
        let path = found["path"].as_str().unwrap();
        let parts = path.split('.').map(|part| part.split('[').next().unwrap_or(part));
        // What the example calls its own is left out.
        let known = parts.filter(|part| !matches!(*part, "app" | "net" | "conf"));
        let known: Vec<&str> = known.collect();
        match known.as_slice() {
            ["services", rest @ ..] => services.insert(rest.join(".")),
            ["networks", rest @ ..] => networks.insert(rest.join(".")),
            other => panic!("{other:?} has no label"),
        };
    }
    let list = |heading: &str, names: &BTreeSet<String>| {
        paragraph(heading, &names.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let lists = list("Of a service", &services) + &list("Of a network", &networks);
    replace("docs/compose.md", "without effect", &lists);
}
