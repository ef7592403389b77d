//! Whatever stands in a file, loading it gives findings and no panic. The inputs are the cases of
//! this suite with pieces cut, doubled and swapped by a fixed sequence of random numbers; each
//! found crash becomes a case. `HOB_NOISE_ROUNDS` asks for more rounds than the usual ones.

use std::collections::BTreeMap;

use hob_compose::{LoadOptions, MemoryFiles, Part, dotenv, load, render, tree};

/// A small generator (xorshift), so that every run sees the same inputs.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).unwrap()
    }
}

const PIECES: [&str; 40] = [
    "{",
    "}",
    "[",
    "]",
    ":",
    "- ",
    "\n",
    "  ",
    "&a ",
    "*a",
    "<<: *a",
    "!reset ",
    "!override ",
    "null",
    "${",
    "$",
    "}:",
    "-1",
    "99999999999999999999",
    "1e400",
    ".inf",
    "\"",
    "'",
    "|\n",
    "#",
    "\u{feff}",
    "ä",
    "\t",
    "services:\n",
    "a: ",
    "include: [",
    "extends: ",
    "~",
    "/",
    "80-",
    "4294967296",
    "\0",
    "x-",
    "::",
    "0x",
];

fn changed(text: &str, random: &mut Random) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for _ in 0..=random.below(4) {
        let at = random.below(chars.len() + 1);
        let end = (at + random.below(12)).min(chars.len());
        match random.below(4) {
            0 => drop(chars.drain(at..end)),
            1 => {
                let copy: Vec<char> = chars[at..end].to_vec();
                let to = random.below(chars.len() + 1);
                chars.splice(to..to, copy);
            }
            _ => {
                let piece = PIECES[random.below(PIECES.len())];
                chars.splice(at..at, piece.chars());
            }
        }
    }
    chars.into_iter().collect()
}

fn seeds() -> Vec<String> {
    let mut seeds = vec![include_str!("everything.yaml").to_string()];
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases");
    let mut paths: Vec<_> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let text = std::fs::read_to_string(path).unwrap();
        let files = text.split("\n--- ").filter(|part| part.starts_with("compose"));
        seeds.extend(files.map(|part| part.split_once('\n').unwrap().1.to_string()));
    }
    seeds
}

#[test]
fn noise_gives_findings_and_no_panic() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let seeds = seeds();
    let rounds = std::env::var("HOB_NOISE_ROUNDS").ok().and_then(|n| n.parse().ok());
    for round in 0..rounds.unwrap_or(3_000) {
        let base = changed(&seeds[random.below(seeds.len())], &mut random);
        let over = changed(&seeds[random.below(seeds.len())], &mut random);
        let files = MemoryFiles::new()
            .with("/p/a.yaml", &base)
            .with("/p/b.yaml", &over)
            .with("/p/one.yaml", &over)
            .with("/p/one.env", &base);
        let options = LoadOptions {
            files: vec!["/p/a.yaml".into(), "/p/b.yaml".into()],
            working_dir: "/p".into(),
            profiles: vec!["*".into()],
            parts: match round % 3 {
                0 => BTreeMap::from([("/p/b.yaml".into(), Part::Only(["a".into()].into()))]),
                _ => BTreeMap::new(),
            },
            normalize: round % 5 != 0,
            interpolate: round % 7 != 0,
            ..LoadOptions::default()
        };
        let loaded = load(&options, &files);
        for finding in &loaded.findings {
            assert!(!finding.code.is_empty() && !finding.message.is_empty());
        }
        if let Some(tree) = loaded.tree {
            let json = render::to_json(&tree);
            // JSON is YAML: what was printed can be read again.
            let (documents, _) = tree::parse(&json, "again");
            assert_eq!(documents.len(), 1, "{json}");
        }
        dotenv::parse(&base, "x.env", &BTreeMap::new());
        dotenv::parse_raw(&over, "x.env", &BTreeMap::new());
    }
}
