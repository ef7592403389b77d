//! Which crate may use which: the table in ARCHITECTURE.md is the law, Cargo's own view the fact.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{File, Violation, files::text_of};

const PATH: &str = "ARCHITECTURE.md";
const PREFIX: &str = "hob-";
/// What any crate's tests may use on top.
const FOR_TESTS: &str = "testbed";

type Uses = BTreeMap<String, BTreeSet<String>>;

/// Rule: crates of the workspace use each other exactly as the table in ARCHITECTURE.md says.
pub(super) fn check(files: &[File], metadata: &Value) -> Vec<Violation> {
    let Some(text) = text_of(files, PATH) else {
        return vec![fault("there is no such file, so nothing says which crate may use which")];
    };
    let table = table(text);
    let mut found = Vec::new();
    let facts = facts(metadata, |kind| kind != "dev");
    for (name, used) in &facts {
        let Some(allowed) = table.get(name) else {
            found.push(fault(&format!("the table has no row for {name}")));
            continue;
        };
        let strangers = used.difference(allowed);
        found.extend(strangers.map(|other| fault(&format!("{name} uses {other}, and may not"))));
        let unused = allowed.difference(used);
        found.extend(unused.map(|other| {
            fault(&format!("{name} may use {other}, and does not: take it out of the table"))
        }));
    }
    for (name, used) in facts_of_tests(metadata) {
        let allowed = table.get(&name).cloned().unwrap_or_default();
        let strangers =
            used.iter().filter(|other| !allowed.contains(*other) && *other != FOR_TESTS);
        found.extend(
            strangers.map(|other| fault(&format!("tests of {name} use {other}, and may not"))),
        );
    }
    let gone = table.keys().filter(|name| !facts.contains_key(*name));
    found.extend(gone.map(|name| fault(&format!("there is no crate {name}"))));
    found
}

fn fault(what: &str) -> Violation {
    Violation { path: PATH.to_owned(), line: 0, what: what.to_owned(), ratchet: None }
}

/// Rows such as ``| `plan` | what lives there | `model` |``.
fn table(text: &str) -> Uses {
    let rows = text.lines().filter_map(|line| {
        let mut cells = line.trim().strip_prefix('|')?.trim_end_matches('|').split('|');
        let name = cells.next()?.trim().strip_prefix('`')?.strip_suffix('`')?;
        let used = cells.next_back()?.split(',').map(|name| name.trim().trim_matches('`'));
        let used = used.filter(|name| !name.is_empty() && *name != "nothing");
        Some((name.to_owned(), used.map(str::to_owned).collect()))
    });
    rows.collect()
}

fn facts_of_tests(metadata: &Value) -> Uses {
    facts(metadata, |kind| kind == "dev")
}

/// Which crates of the workspace each one names in its manifest.
fn facts(metadata: &Value, is_meant: impl Fn(&str) -> bool) -> Uses {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let own_name = |value: &Value| {
        value["name"].as_str().and_then(|name| name.strip_prefix(PREFIX)).map(str::to_owned)
    };
    let packages = list(&metadata["packages"]);
    packages
        .iter()
        .filter_map(|package| {
            let used = list(&package["dependencies"])
                .iter()
                .filter(|used| is_meant(used["kind"].as_str().unwrap_or("normal")))
                .filter_map(own_name)
                .collect();
            Some((own_name(package)?, used))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::check;
    use crate::tidy::testing::{file, lines};

    const TABLE: &str = "# Map\n\n| crate | what | may use |\n| --- | --- | --- |\n\
                         | `a` | first | nothing |\n| `b` | second | `a` |\n";

    fn check_against(table: &str, uses_of_a: &[(&str, Option<&str>)], expected: &str) {
        let uses: Vec<_> =
            uses_of_a.iter().map(|(name, kind)| json!({ "name": name, "kind": kind })).collect();
        let metadata = json!({ "packages": [
            { "name": "hob-a", "dependencies": uses },
            { "name": "hob-b", "dependencies": [{ "name": "hob-a", "kind": null }] },
        ]});
        assert_eq!(lines(check(&[file("ARCHITECTURE.md", table)], &metadata)), expected);
    }

    #[test]
    fn crates_use_what_the_table_says() {
        check_against(TABLE, &[("serde", None), ("hob-testbed", Some("dev"))], "");
    }

    #[test]
    fn a_use_against_the_direction_is_named() {
        check_against(TABLE, &[("hob-b", None)], "ARCHITECTURE.md: a uses b, and may not");
        check_against(
            TABLE,
            &[("hob-b", Some("dev"))],
            "ARCHITECTURE.md: tests of a use b, and may not",
        );
    }

    #[test]
    fn the_table_says_no_more_and_no_less() {
        let more = TABLE.replace("nothing", "`b`") + "| `c` | third | nothing |\n";
        check_against(
            &more,
            &[],
            "ARCHITECTURE.md: a may use b, and does not: take it out of the table\n\
             ARCHITECTURE.md: there is no crate c",
        );
        let less = TABLE.replace("| `a` | first | nothing |\n", "");
        check_against(&less, &[], "ARCHITECTURE.md: the table has no row for a");
    }
}
