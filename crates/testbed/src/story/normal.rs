//! What may differ between an imagined world and a real one: times, digests, and order within a
//! moment. Everything else has to be the same.

/// A record without what may differ.
pub fn normal(record: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut talk: Vec<String> = Vec::new();
    for line in record.lines() {
        // Steps that go on at the same time end in any order.
        if line.starts_with("! ") {
            talk.push(without_times_and_digests(&without_counters(line)));
            continue;
        }
        talk.sort();
        lines.append(&mut talk);
        // A crash loop is seen after one turn or after several.
        if is_quoted(line)
            && lines.iter().rev().take_while(|said| is_quoted(said)).any(|said| said == line)
        {
            continue;
        }
        lines.push(without_times_and_digests(line));
    }
    talk.sort();
    lines.append(&mut talk);
    lines.into_iter().map(|line| line + "\n").collect()
}

/// Whether it is a line that a container wrote.
fn is_quoted(line: &str) -> bool {
    line.trim_start().starts_with("| ")
}

/// `[3/7]` tells in which order steps ended.
fn without_counters(line: &str) -> String {
    match (line.find('['), line.find("] ")) {
        (Some(open), Some(close)) if open < close && line[open..close].contains('/') => {
            let head: Vec<&str> = line[..open].split_whitespace().collect();
            format!("{} {}", head.join(" "), &line[close + 2..])
        }
        _ => line.to_owned(),
    }
}

/// Where an error ends with the words of another program, these become `WHY`. A host without a
/// network refuses connections or says nothing at all, as chance has it.
fn without_foreign_words(line: &str) -> String {
    if let Some((head, _)) = line.split_once("no answer within ") {
        return format!("{head}cannot be reached: WHY");
    }
    let ends = ["cannot be reached: ", "there is no image "];
    match ends.iter().find_map(|end| line.split_once(end).map(|(head, _)| (head, end))) {
        Some((head, end)) => format!("{head}{end}WHY"),
        None => line.to_owned(),
    }
}

/// `2.4 s` and `5 min 0 s` become `TIME`, and what looks like a digest `DIGEST`.
fn without_times_and_digests(line: &str) -> String {
    let line = &without_foreign_words(line);
    let mut out: Vec<&str> = Vec::new();
    for word in line.split(' ') {
        let digits = word.trim_matches(['"', ',']);
        let is_hex = digits.len() >= 12 && digits.chars().all(|c| c.is_ascii_hexdigit());
        // Volumes without a name are called so in the imagined world, and by digests in the real.
        if is_hex || digits.starts_with("fresh-") {
            out.push("DIGEST");
            continue;
        }
        let unit = word.trim_end_matches([',', ')', '.', ';']);
        let number = |word: &&str| {
            let digits = word.trim_start_matches('(');
            *word == "TIME"
                || digits.starts_with(|c: char| c.is_ascii_digit())
                    && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
        };
        if matches!(unit, "s" | "ms" | "min") && out.last().is_some_and(number) {
            out.pop();
            if out.last() != Some(&"TIME") {
                out.push("TIME");
            }
        } else {
            out.push(word);
        }
    }
    out.join(" ")
}

#[cfg(test)]
mod tests {
    use super::normal;

    fn check(one: &str, other: &str) {
        assert_eq!(normal(one), normal(other));
    }

    #[test]
    fn times_may_differ() {
        check("  after 2.4 s, 5 min 0 s in all.", "  after 12.0 s, 7.4 s in all.");
        assert_ne!(normal("it had 3 tries"), normal("it had 4 tries"));
    }

    #[test]
    fn digests_may_differ() {
        check("moved: 9f92ee601a59 -> 73f201c1b070", "moved: 73f201c1b070 -> 9f92ee601a59");
        assert_ne!(normal("moved: abc"), normal("moved: abd"));
    }

    #[test]
    fn words_of_other_programs_may_differ() {
        check("pi: no answer within 30 s", "pi: cannot be reached: no route to host");
        assert_ne!(normal("pi: cannot be reached: x"), normal("pi: does not let you in"));
    }

    #[test]
    fn order_within_a_moment_may_differ() {
        check(
            "> x\n! nas  [1/2] a (0.1 s)\n! nas  [2/2] b (0.1 s)\nexit 0",
            "> x\n! nas  [1/2] b (2.1 s)\n! nas  [2/2] a (0.3 s)\nexit 0",
        );
        assert_ne!(normal("a\nb"), normal("b\na"));
    }
}
