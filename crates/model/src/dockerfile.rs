//! Dockerfiles, as far as Hob has to read them: what they start from, what they copy, and whether
//! the Engine's own builder can follow them. Pure.
//! (Rules: docs.docker.com, "Dockerfile reference".)

use std::collections::BTreeMap;

/// A Dockerfile, instruction by instruction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dockerfile {
    /// What `# syntax=` on top of it says, with its line.
    pub syntax: Option<(u32, String)>,
    /// The instructions, continued lines joined.
    pub instructions: Vec<Instruction>,
    /// Lines, counted from 1, that begin a here-document.
    pub heredocs: Vec<u32>,
}

/// One instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// Its first line, counted from 1.
    pub line: u32,
    /// Which, in capitals: `RUN`.
    pub name: String,
    /// What follows, with single spaces where lines were continued.
    pub rest: String,
}

/// Something that only BuildKit can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildKitOnly {
    /// Where, counted from 1.
    pub line: u32,
    /// What: `RUN --mount`.
    pub what: String,
    /// What to write instead.
    pub instead: &'static str,
}

/// Arguments that BuildKit sets by itself; the Engine's own builder does not know them.
pub const PLATFORM_ARGS: [&str; 8] = [
    "BUILDPLATFORM",
    "BUILDOS",
    "BUILDARCH",
    "BUILDVARIANT",
    "TARGETPLATFORM",
    "TARGETOS",
    "TARGETARCH",
    "TARGETVARIANT",
];

impl Dockerfile {
    /// Reads a text. Never fails: what makes no sense is for the builder to refuse.
    pub fn parse(text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let lines: Vec<&str> = text.lines().collect();
        let (syntax, escape) = directives(&lines);
        let mut file = Self { syntax, ..Self::default() };
        let mut at = 0;
        while let Some(line) = lines.get(at) {
            let begun = at;
            at += 1;
            if is_nothing(line) {
                continue;
            }
            let mut joined = String::new();
            let mut line = *line;
            loop {
                let Some(more) = line.trim_end().strip_suffix(escape) else {
                    joined += line.trim();
                    break;
                };
                joined += more.trim();
                joined.push(' ');
                // Comments and empty lines between continued ones count for nothing.
                while lines.get(at).is_some_and(|next| is_nothing(next)) {
                    at += 1;
                }
                let Some(next) = lines.get(at) else { break };
                line = next;
                at += 1;
            }
            let number = u32::try_from(begun + 1).unwrap_or(u32::MAX);
            let joined = joined.trim();
            let (name, rest) = joined.split_once(char::is_whitespace).unwrap_or((joined, ""));
            let name = name.to_ascii_uppercase();
            if let Some(end) = heredoc_end(&name, rest, lines.get(at..).unwrap_or_default()) {
                file.heredocs.push(number);
                at += end + 1;
            }
            let rest = rest.trim().to_owned();
            file.instructions.push(Instruction { line: number, name, rest });
        }
        file
    }

    /// The images that its stages start or copy from, without stages of its own and `scratch`, as
    /// far as they can be told from the arguments given.
    pub fn bases(&self, args: &BTreeMap<String, String>) -> Vec<String> {
        let mut known: BTreeMap<&str, String> = BTreeMap::new();
        let mut stages: Vec<String> = Vec::new();
        let mut bases: Vec<String> = Vec::new();
        for instruction in &self.instructions {
            match instruction.name.as_str() {
                "ARG" if stages.is_empty() => {
                    for word in quoted_words(&instruction.rest) {
                        let (name, default) = word.split_once('=').unwrap_or((word, ""));
                        let default = default.trim_matches(['"', '\'']);
                        let value = args.get(name).map_or(default, String::as_str);
                        known.insert(name, value.to_owned());
                    }
                }
                "FROM" => {
                    let mut words = instruction.words().filter(|word| !word.starts_with("--"));
                    let image = substitute(words.next().unwrap_or_default(), &known);
                    bases.extend(Some(image).filter(|image| is_image(image, &stages)));
                    let name = words.nth(1).unwrap_or_default();
                    stages.push(name.to_owned());
                }
                // Arguments are not put in here; a number is the place of a stage.
                "COPY" => bases.extend(
                    instruction
                        .copied_from()
                        .filter(|image| is_image(image, &stages) && image.parse::<u64>().is_err())
                        .map(str::to_owned),
                ),
                _ => {}
            }
        }
        bases.sort();
        bases.dedup();
        bases
    }

    /// Those of [`PLATFORM_ARGS`] that it declares, and so expects to be set.
    pub fn platform_args(&self) -> Vec<&'static str> {
        let declares = |name: &&str| {
            self.instructions.iter().any(|it| {
                it.name == "ARG" && it.words().any(|word| word.split('=').next() == Some(*name))
            })
        };
        PLATFORM_ARGS.into_iter().filter(|name| declares(name)).collect()
    }

    /// What only BuildKit can do, line by line.
    pub fn needs_buildkit(&self) -> Vec<BuildKitOnly> {
        let mut found = Vec::new();
        if let Some((line, frontend)) = &self.syntax
            && !is_ordinary_frontend(frontend)
        {
            found.push(BuildKitOnly {
                line: *line,
                what: format!("the frontend {frontend}"),
                instead: "write it as an ordinary Dockerfile",
            });
        }
        for instruction in &self.instructions {
            if self.heredocs.contains(&instruction.line) {
                found.push(BuildKitOnly {
                    line: instruction.line,
                    what: "a here-document".to_owned(),
                    instead: "put the text into a file of the context and COPY it, or join the \
                              commands of a RUN with && \\",
                });
            }
            found.extend(instruction.buildkit_flag());
            let is_undeclared = |name: &&str| {
                let before = |it: &&Instruction| it.line < instruction.line && it.name == "ARG";
                !self.instructions.iter().filter(before).any(|it| it.rest.starts_with(*name))
            };
            if instruction.name == "FROM"
                && let Some(name) = PLATFORM_ARGS
                    .into_iter()
                    .filter(|name| instruction.rest.contains(&format!("${name}")))
                    .chain(
                        PLATFORM_ARGS
                            .into_iter()
                            .filter(|name| instruction.rest.contains(&format!("${{{name}}}"))),
                    )
                    .find(is_undeclared)
            {
                found.push(BuildKitOnly {
                    line: instruction.line,
                    what: format!("{name} in FROM without an ARG"),
                    instead: "declare it with ARG before the first FROM, and Hob sets it",
                });
            }
        }
        found
    }
}

impl Instruction {
    /// The words of what follows.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.rest.split_whitespace()
    }

    /// For `COPY` and `ADD`: what is copied from the context, without flags and the destination;
    /// `None` for what comes from another stage or is no copying at all.
    pub fn copied(&self) -> Option<Vec<String>> {
        if !matches!(self.name.as_str(), "COPY" | "ADD") {
            return None;
        }
        let mut rest = self.rest.as_str();
        while rest.starts_with("--") {
            if rest.starts_with("--from") {
                return None;
            }
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            rest = rest.get(end..).unwrap_or_default().trim_start();
        }
        let mut words: Vec<String> = match serde_json::from_str(rest) {
            Ok(words) => words,
            Err(_) => rest.split_whitespace().map(str::to_owned).collect(),
        };
        words.pop();
        Some(words)
    }

    /// What `--from=` says.
    fn copied_from(&self) -> Option<&str> {
        let mut flags = self.words().take_while(|word| word.starts_with("--"));
        flags.find_map(|flag| flag.strip_prefix("--from="))
    }

    fn buildkit_flag(&self) -> Option<BuildKitOnly> {
        let (flags, instead): (&[&str], _) = match self.name.as_str() {
            "RUN" => (
                &["--mount", "--network", "--security", "--device"],
                "leave the flag out: a cache mount only saves time, and for the network there is \
                 build.network",
            ),
            "COPY" | "ADD" => (
                &["--link", "--parents", "--exclude", "--checksum", "--keep-git-dir", "--chmod"],
                "leave the flag out; permissions are changed by a RUN, or in the repository",
            ),
            _ => return None,
        };
        let mut own = self.words().take_while(|word| word.starts_with("--"));
        let flag = own.find_map(|word| {
            let name = word.split('=').next().unwrap_or(word);
            flags.contains(&name).then_some(name)
        })?;
        let what = format!("{} {flag}", self.name);
        Some(BuildKitOnly { line: self.line, what, instead })
    }
}

/// Words, of which quotes keep those together that are one.
fn quoted_words(text: &str) -> Vec<&str> {
    let mut quote = None;
    let is_end = |c: char| {
        match quote {
            Some(open) if c == open => quote = None,
            None if matches!(c, '"' | '\'') => quote = Some(c),
            _ => {}
        }
        quote.is_none() && c.is_whitespace()
    };
    text.split(is_end).filter(|word| !word.is_empty()).collect()
}

/// Whether a name that is started or copied from is that of an image, and of no stage so far.
fn is_image(name: &str, stages: &[String]) -> bool {
    let is_stage = stages.iter().any(|stage| stage.eq_ignore_ascii_case(name));
    !is_stage && name != "scratch" && !name.is_empty()
}

/// The parser directives on top: `# syntax=...` and the escape character.
fn directives(lines: &[&str]) -> (Option<(u32, String)>, char) {
    let (mut syntax, mut escape) = (None, '\\');
    for (line, number) in lines.iter().zip(1..) {
        let Some(comment) = line.trim().strip_prefix('#') else { break };
        let Some((name, value)) = comment.split_once('=') else { break };
        match name.trim().to_ascii_lowercase().as_str() {
            "syntax" => syntax = Some((number, value.trim().to_owned())),
            "escape" => escape = value.trim().chars().next().unwrap_or(escape),
            "check" => {}
            _ => break,
        }
    }
    (syntax, escape)
}

/// Docker's own language in a version that is not experimental: the Engine's builder reads it too,
/// apart from what [`Dockerfile::needs_buildkit`] finds.
fn is_ordinary_frontend(frontend: &str) -> bool {
    let name = frontend.trim_start_matches("docker.io/");
    let version = name.strip_prefix("docker/dockerfile").map(|rest| rest.trim_start_matches(':'));
    version.is_some_and(|version| !version.contains("labs") && !version.contains("experimental"))
}

fn is_nothing(line: &str) -> bool {
    let line = line.trim_start();
    line.is_empty() || line.starts_with('#')
}

/// How many lines further the last here-document of an instruction ends. What looks like one and
/// has no end is none: a shell's own `<<` is left to the shell.
fn heredoc_end(name: &str, rest: &str, lines: &[&str]) -> Option<usize> {
    if !matches!(name, "RUN" | "COPY" | "ADD") {
        return None;
    }
    let mut from = 0;
    let mut end = None;
    for word in rest.split_whitespace() {
        let Some(delimiter) =
            word.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix("<<")
        else {
            continue;
        };
        let delimiter = delimiter.trim_start_matches('-').trim_matches(['"', '\'']);
        let is_name = delimiter.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let below = lines.get(from..).unwrap_or_default();
        if is_name && let Some(at) = below.iter().position(|line| line.trim() == delimiter) {
            end = Some(from + at);
            from += at + 1;
        }
    }
    end
}

/// Puts in the values of `$NAME`, `${NAME}` and `${NAME:-default}`.
fn substitute(text: &str, known: &BTreeMap<&str, String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out += before;
        let (name, default, left) = match after.strip_prefix('{') {
            Some(braced) => {
                let (inside, left) = braced.split_once('}').unwrap_or((braced, ""));
                let (name, default) = inside.split_once(":-").unwrap_or((inside, ""));
                (name, default, left)
            }
            None => {
                let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                let (name, left) = after.split_at(end.unwrap_or(after.len()));
                (name, "", left)
            }
        };
        let value = known.get(name).filter(|value| !value.is_empty());
        out += value.map_or(default, String::as_str);
        rest = left;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bases(text: &str, args: &[(&str, &str)]) -> Vec<String> {
        let args = args.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Dockerfile::parse(text).bases(&args)
    }

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let found = Dockerfile::parse(text).needs_buildkit();
        let found: Vec<String> =
            found.iter().map(|it| format!("{}: {}", it.line, it.what)).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn instructions_are_joined() {
        let text = "FROM a\nrun one \\\n  # why\n\n  two\nCOPY [\"a b\", \"/c\"]\n";
        let file = Dockerfile::parse(text);
        let told: Vec<String> = file
            .instructions
            .iter()
            .map(|it| format!("{} {} {}", it.line, it.name, it.rest))
            .collect();
        assert_eq!(told, ["1 FROM a", "2 RUN one two", "6 COPY [\"a b\", \"/c\"]"]);
        assert_eq!(file.instructions[2].copied(), Some(vec!["a b".to_owned()]));
        let other = Dockerfile::parse("# escape=`\nFROM a\nRUN c:\\ `\n d");
        assert_eq!(other.instructions[1].rest, "c:\\ d");
    }

    #[test]
    fn what_it_starts_from_is_found() {
        assert_eq!(bases("FROM nginx:1\n", &[]), ["nginx:1"]);
        assert_eq!(bases("FROM --platform=linux/amd64 a AS b\nFROM B\nFROM scratch", &[]), ["a"]);
        let text = "ARG V=3 \nARG R\nFROM ${R:-docker.io}/alpine:$V\nARG V=4\nFROM x:$V";
        assert_eq!(bases(text, &[]), ["docker.io/alpine:3", "x:3"]);
        assert_eq!(bases(text, &[("V", "9"), ("R", "r")]), ["r/alpine:9", "x:9"]);
        let text = "ARG A=1 B='x' C=\"3 4\" D\nFROM a:$A\nFROM $B\nFROM c:$C$D";
        assert_eq!(bases(text, &[]), ["a:1", "c:3 4", "x"]);
    }

    #[test]
    fn what_it_copies_from_is_found() {
        let text = "FROM a AS one\nCOPY --from=tools:2 /x /\nFROM b\n\
                    COPY --chown=1 --from=lib a b\n\
                    COPY --from=ONE a b\nCOPY --from=0 a b\nCOPY x --from=y\nADD --from=z a b";
        assert_eq!(bases(text, &[]), ["a", "b", "lib", "tools:2"]);
    }

    #[test]
    fn what_needs_buildkit_is_found() {
        check("# syntax=docker/dockerfile:1\nFROM a\nRUN x << 2\nRUN --x\nCOPY --from=a b c", &[]);
        check(
            "# syntax=docker/dockerfile:1-labs\nFROM a",
            &["1: the frontend docker/dockerfile:1-labs"],
        );
        check("#syntax = me/x\nFROM a", &["1: the frontend me/x"]);
        check("FROM a\nRUN --mount=type=cache,target=/x make", &["2: RUN --mount"]);
        check("FROM a\nCOPY --chown=1 --chmod=700 a b", &["2: COPY --chmod"]);
        check("FROM a\nRUN <<EOF\nRUN --mount=x\nEOF\nRUN b", &["2: a here-document"]);
        check("FROM a\nCOPY <<-\"X\" <<Y /b/\n1\nX\n2\nY\nRUN b", &["2: a here-document"]);
        check("FROM a\nRUN echo <<EOF", &[]);
        check("FROM --platform=$BUILDPLATFORM a", &["1: BUILDPLATFORM in FROM without an ARG"]);
        check("ARG BUILDPLATFORM\nFROM --platform=${BUILDPLATFORM} a", &[]);
    }

    #[test]
    fn arguments_for_the_platform_are_found() {
        let file = Dockerfile::parse("FROM a\nARG TARGETARCH\nARG X TARGETOS=linux");
        assert_eq!(file.platform_args(), ["TARGETOS", "TARGETARCH"]);
    }
}
