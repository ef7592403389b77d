//! Projects that ask for much more than they say, each a few kilobytes or one file of the largest
//! size. What they end in is tested, and how much work it takes; the benchmarks take the time.

use std::collections::BTreeMap;
use std::fmt::Write;

use hob_compose::{Files, LoadOptions, Loaded, MemoryFiles, load};

/// A project and the code of the finding that it ends in; without one it loads like any other.
pub(crate) struct Hostile {
    pub(crate) name: &'static str,
    pub(crate) ends_in: Option<&'static str>,
    pub(crate) files: MemoryFiles,
    environment: BTreeMap<String, String>,
}

impl Hostile {
    fn new(name: &'static str, ends_in: impl Into<Option<&'static str>>, text: String) -> Self {
        let files = MemoryFiles::new().with("/p/compose.yaml", text);
        Self { name, ends_in: ends_in.into(), files, environment: BTreeMap::new() }
    }

    fn with(mut self, file: &str, text: String) -> Self {
        self.files = self.files.with(file, text);
        self
    }

    pub(crate) fn load(&self) -> Loaded {
        self.load_from(&self.files)
    }

    /// The same from something that looks like its files.
    pub(crate) fn load_from(&self, files: &dyn Files) -> Loaded {
        let options = LoadOptions {
            files: vec!["/p/compose.yaml".into()],
            working_dir: "/p".into(),
            environment: self.environment.clone(),
            ..LoadOptions::default()
        };
        load(&options, files)
    }
}

impl std::fmt::Display for Hostile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.name, self.ends_in.unwrap_or("loads"))
    }
}

/// All of them.
pub(crate) fn all() -> Vec<Hostile> {
    [aliases(), keys(), texts(), services(), files()].into_iter().flatten().collect()
}

const SERVICE: &str = "services: {a: {image: i}}\n";

/// `count` texts made with a number each, one after the other.
fn repeat(count: usize, text: impl Fn(usize) -> String) -> String {
    (0..count).map(text).collect()
}

fn aliases() -> Vec<Hostile> {
    let mut laughs = String::from("x-a: &a [1, 2, 3, 4, 5, 6, 7, 8, 9]\n");
    for (this, last) in ('b'..='i').zip('a'..) {
        let aliases = vec![format!("*{last}"); 9].join(", ");
        writeln!(laughs, "x-{this}: &{this} [{aliases}]").unwrap();
    }
    let mut merges = String::from("x-0: &m0 {a0: 1, b0: 2}\n");
    for n in 1..40 {
        let last = n - 1;
        writeln!(
            merges,
            "x-{n}: &m{n} {{<<: [*m{last}, *m{last}], a{n}: *m{last}, b{n}: *m{last}}}"
        )
        .unwrap();
    }
    let list = format!("x-a: &a [{}]\n", "1, ".repeat(10_000));
    let nested = (0..90).map(|n| format!("&n{n} [")).collect::<String>();
    vec![
        Hostile::new("billion laughs", "too-many-values", laughs + SERVICE),
        Hostile::new("billion laughs in mappings", "too-many-values", merges + SERVICE),
        Hostile::new(
            "a long list, many aliases",
            "too-many-values",
            list + &repeat(1_000, |n| format!("x-{n}: *a\n")) + SERVICE,
        ),
        Hostile::new(
            "a long text, many aliases",
            "too-many-values",
            format!("x-a: &a {}\n", "x".repeat(1 << 20))
                + &repeat(4_000, |n| format!("x-{n}: *a\n"))
                + SERVICE,
        ),
        Hostile::new(
            "anchors within anchors",
            "too-many-values",
            format!("x-a: {nested}{}{}\n{SERVICE}", "1, ".repeat(50_000), "]".repeat(90)),
        ),
        Hostile::new(
            "an alias to what contains it",
            "alias-cycle",
            format!("x-a: &a [*a, {{b: *a}}]\n{SERVICE}"),
        ),
    ]
}

fn keys() -> Vec<Hostile> {
    let long = "k".repeat(1_000);
    let deep = (0..60).map(|_| format!("{{{long}: ")).collect::<String>();
    vec![
        Hostile::new("brackets", "yaml-syntax", "[".repeat(100_000)),
        Hostile::new("mappings in one line", "yaml-syntax", "{a: ".repeat(100_000)),
        Hostile::new("dashes", "nested-too-deep", "- ".repeat(100_000)),
        Hostile::new(
            "the same key again and again",
            "too-many-findings",
            repeat(80_000, |_| "x-a: 1\n".to_string()) + SERVICE,
        ),
        Hostile::new(
            "findings below long keys",
            "too-many-findings",
            format!("x-a: {deep}{{{}}}{}\n{SERVICE}", "a: 1, ".repeat(50_000), "}".repeat(60)),
        ),
        Hostile::new(
            "a key of a megabyte",
            "key-too-long",
            format!("x-a: {{? {}\n : 1}}\n{SERVICE}", "k".repeat(1 << 20)),
        ),
        Hostile::new(
            "keys that are no text",
            "too-many-findings",
            repeat(40_000, |n| format!("{n}: 1\n")) + SERVICE,
        ),
        Hostile::new("many keys", None, repeat(45_000, |n| format!("x-{n}: 1\n")) + SERVICE),
    ]
}

fn texts() -> Vec<Hostile> {
    let variables = |text: &str| format!("x-a: \"{text}\"\n{SERVICE}");
    let mut growing = Hostile::new("interpolation grows", "too-much-text", {
        repeat(20_000, |n| format!("x-{n}: $A\n")) + SERVICE
    });
    growing.environment.insert("A".into(), "v".repeat(100_000));
    let mut dotenv = format!("V0={}\n", "v".repeat(1_000));
    for n in 1..40 {
        let last = format!("${{V{}}}", n - 1);
        writeln!(dotenv, "V{n}={}", last.repeat(10)).unwrap();
    }
    vec![
        Hostile::new("a file of five megabytes", "file-too-large", "# x\n".repeat(5 << 18)),
        Hostile::new(
            "a text of three megabytes",
            None,
            format!("x-a: {}\n{SERVICE}", "x".repeat(3 << 20)),
        ),
        Hostile::new("variables without end", None, variables(&"$U ".repeat(500_000))),
        Hostile::new(
            "templates that are not closed",
            "invalid-template",
            variables(&"${".repeat(500_000)),
        ),
        Hostile::new(
            "templates within templates",
            "invalid-template",
            variables(&format!("{}{}", "${U:-".repeat(200_000), "}".repeat(200_000))),
        ),
        Hostile::new("broken templates", "invalid-template", variables(&"${1}".repeat(300_000))),
        Hostile::new("many values with an unset variable", None, {
            repeat(30_000, |n| format!("x-{n}: $U\n")) + SERVICE
        }),
        growing,
        Hostile::new(
            "an env file that grows",
            "too-much-text",
            "services: {a: {image: i, env_file: one.env}}\n".to_string(),
        )
        .with("/p/one.env", dotenv.clone()),
        Hostile::new(
            "the env file of an include grows",
            "too-much-text",
            format!("include: [{{path: one.yaml, env_file: one.env}}]\n{SERVICE}"),
        )
        .with("/p/one.yaml", "services: {b: {image: i}}\n".to_string())
        .with("/p/one.env", dotenv),
        Hostile::new(
            "all ports, again and again",
            "too-many-ports",
            format!(
                "services: {{a: {{image: i, ports: [{}]}}}}\n",
                repeat(2_000, |n| format!("\"10.0.{}.{}::1-65535\", ", n / 250, n % 250))
            ),
        ),
        Hostile::new(
            "one label a hundred thousand times",
            None,
            format!("services: {{a: {{image: i, labels: [{}]}}}}\n", "a=1, ".repeat(90_000)),
        ),
    ]
}

fn services() -> Vec<Hostile> {
    let chain = |count: usize| {
        let links =
            repeat(count, |n| format!("  s{n}: {{image: i, extends: {{service: s{}}}}}\n", n + 1));
        format!("services:\n{links}  s{count}: {{image: i}}\n")
    };
    let big = format!("{{image: i, labels: [{}]}}", repeat(20_000, |n| format!("l{n}=1, ")));
    vec![
        Hostile::new("a long chain of extends", "extends-cycle", chain(5_000)),
        Hostile::new(
            "a service that extends itself",
            "extends-cycle",
            "services: {a: {extends: b}, b: {extends: {service: a}}}\n".to_string(),
        ),
        Hostile::new(
            "many services extend a large one",
            "too-many-values",
            format!("services:\n  base: {big}\n")
                + &repeat(5_000, |n| format!("  s{n}: {{extends: {{service: base}}}}\n")),
        ),
        Hostile::new(
            "many services extend a large one of another file",
            "too-many-values",
            "services:\n".to_string()
                + &repeat(5_000, |n| {
                    format!("  s{n}: {{extends: {{file: base.yaml, service: base}}}}\n")
                }),
        )
        .with("/p/base.yaml", format!("services:\n  base: {big}\n")),
        Hostile::new(
            "many services extend a small one in a large file",
            None,
            "services:\n".to_string()
                + &repeat(5_000, |n| {
                    format!("  s{n}: {{extends: {{file: base.yaml, service: base}}}}\n")
                }),
        )
        .with("/p/base.yaml", format!("services:\n  other: {big}\n  base: {{image: i}}\n")),
        Hostile::new(
            "a long chain of dependencies",
            None,
            "services:\n".to_string()
                + &repeat(5_000, |n| format!("  s{n}: {{image: i, depends_on: [s{}]}}\n", n + 1))
                + "  s5000: {image: i}\n",
        ),
        Hostile::new(
            "everything depends on everything",
            None,
            "services:\n".to_string()
                + &repeat(250, |n| {
                    let others = repeat(n, |other| format!("s{other}, "));
                    format!("  s{n}: {{image: i, depends_on: [{others}]}}\n")
                }),
        ),
        Hostile::new(
            "many services in a circle",
            "dependency-cycle",
            "services:\n".to_string()
                + &repeat(5_000, |n| {
                    format!("  s{n}: {{image: i, depends_on: [s{}]}}\n", (n + 1) % 5_000)
                }),
        ),
    ]
}

fn files() -> Vec<Hostile> {
    let mut twice = Hostile::new(
        "files that include each other twice",
        "too-many-includes",
        "include: [f0.yaml, f0.yaml]\n".to_string(),
    );
    let mut chain =
        Hostile::new("a long chain of includes", "include-cycle", "include: [f0.yaml]\n".into());
    for n in 0..200 {
        let next = n + 1;
        let file = format!("/p/f{n}.yaml");
        chain = chain.with(&file, format!("include: [f{next}.yaml]\n"));
        twice = twice.with(&file, format!("include: [f{next}.yaml, f{next}.yaml]\n"));
    }
    let large = repeat(30_000, |n| format!("x-{n}: 1\n")) + "services: {b: {image: i}}\n";
    vec![
        twice,
        chain,
        Hostile::new("a file that includes itself", "include-cycle", "include: [a.yaml]\n".into())
            .with("/p/a.yaml", "include: [compose.yaml]\n".to_string()),
        Hostile::new(
            "a large file included often",
            "too-many-values",
            format!("include: [{}]\n", "a.yaml, ".repeat(900)),
        )
        .with("/p/a.yaml", large),
    ]
}
