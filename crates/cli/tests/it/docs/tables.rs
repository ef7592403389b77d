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

/// Codes in source text: `Finding::error("code", ...` and the like, and `refuse` of builds.
fn codes_in(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    for call in ["error(", "warning(", "note(", "self.refuse("] {
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

#[test]
fn every_attribute_is_listed() {
    use hob_compose::schema::{Verdict, attributes};

    let mut table = "\n| attribute | verdict | why |\n| --- | --- | --- |\n".to_owned();
    let mut counts = [0; 3];
    for attribute in attributes() {
        let (at, verdict, why) = match attribute.verdict {
            Verdict::Carried => (0, "carried", ""),
            Verdict::Noted(why) => (1, "noted", why),
            Verdict::Refused(why) => (2, "refused", why),
        };
        counts[at] += 1;
        // What is in a carried attribute is carried; the schema has several hundred of these.
        let parts = attribute.path.split('.').count();
        let is_shown = verdict != "carried" || (parts == 3 && attribute.path.contains(".*."));
        if is_shown {
            let row = format!("| `{}` | {verdict} | {why} |", attribute.path);
            table += &row.replace("|  |", "| |");
            table += "\n";
        }
    }
    assert!(counts[0] > 200 && counts[1] > 10 && counts[2] > 10, "{counts:?}");
    replace("docs/compose.md", "attributes", &table);
}

#[test]
fn every_key_of_hob_yaml_is_explained() {
    use hob_model::homelab::fields::{ALL, manual};

    for fields in ALL {
        replace("docs/hob-yaml.md", fields.title, &format!("\n{}", manual(fields)));
    }
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
pub(super) fn replace(page: &str, name: &str, made: &str) {
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
    configs: [{ source: conf, target: /conf, uid: "1", gid: "1", mode: 0444 }]
    secrets: [{ source: conf, target: /secret, uid: "1", gid: "1", mode: 0444 }]
    volumes:
      - type: bind
        source: /srv
        target: /srv
        consistency: cached
      - type: volume
        source: data
        target: /data
        volume: { labels: { a: b } }
configs: { conf: { file: ./app.conf } }
secrets: { conf: { file: ./app.conf } }
volumes: { data: {} }
"#;

#[test]
fn what_has_no_effect_is_listed() {
    let said = Place::with(WITHOUT_EFFECT).hob("check --offline --json");
    assert_eq!(said.code, 0, "{}", said.stdout);
    let said: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    let mut services = BTreeSet::new();
    for found in said["findings"].as_array().unwrap() {
        if found["code"] != "not-acted-on" {
            continue;
        }
        let path = found["path"].as_str().unwrap();
        let parts = path.split('.').map(|part| part.split('[').next().unwrap_or(part));
        // What the example calls its own is left out.
        let known = parts.filter(|part| !matches!(*part, "app" | "conf"));
        let known: Vec<&str> = known.collect();
        match known.as_slice() {
            ["services", rest @ ..] => services.insert(rest.join(".")),
            other => panic!("{other:?} has no label"),
        };
    }
    let names: Vec<&str> = services.iter().map(String::as_str).collect();
    replace("docs/compose.md", "without effect", &paragraph("Of a service", &names));
}
