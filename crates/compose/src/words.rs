//! The words of a command that is written as one text: text in, words out. The rules are those of
//! the program that authors test their files with, a shell's quoting without the shell.

/// What a command line says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) words: Vec<String>,
    /// The operator of a shell at which reading ended; what follows is lost.
    pub(crate) cut: Option<char>,
}

/// What a character belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Within {
    Nothing,
    Single,
    Double,
    /// Between backticks, or from `$(` to `)`: kept as it stands, in one word.
    Backticks,
    Parentheses,
}

/// The words of a command line; `None` if a quote or parenthesis stays open or stands alone.
pub(crate) fn shell_words(text: &str) -> Option<Words> {
    let mut reader = Reader { done: Words::default(), word: None, within: vec![Within::Nothing] };
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c == '\\' && reader.inside() != Within::Single {
            reader.push(chars.next()?);
        } else if !reader.read(c)? {
            reader.done.cut = Some(c);
            reader.digits_are_no_word(c);
            break;
        }
    }
    let is_closed = reader.inside() == Within::Nothing;
    reader.done.words.extend(reader.word);
    is_closed.then_some(reader.done)
}

struct Reader {
    done: Words,
    word: Option<String>,
    within: Vec<Within>,
}

impl Reader {
    fn inside(&self) -> Within {
        self.within.last().copied().unwrap_or(Within::Nothing)
    }

    fn push(&mut self, c: char) {
        self.word.get_or_insert_default().push(c);
    }

    /// A quote that opens, or closes what it opened.
    fn quote(&mut self, kind: Within) {
        self.word.get_or_insert_default();
        match self.inside() == kind {
            true => drop(self.within.pop()),
            false => self.within.push(kind),
        }
    }

    /// `false` at an operator of a shell, where reading ends.
    fn read(&mut self, c: char) -> Option<bool> {
        let inside = self.inside();
        match (c, inside) {
            (' ' | '\t' | '\r' | '\n', Within::Nothing) => {
                self.done.words.extend(self.word.take());
            }
            ('\'', Within::Nothing | Within::Single | Within::Backticks) => {
                self.quote(Within::Single);
            }
            ('"', Within::Nothing | Within::Double | Within::Backticks) => {
                self.quote(Within::Double);
            }
            ('`', Within::Nothing | Within::Backticks) => {
                self.quote(Within::Backticks);
                self.push(c);
            }
            ('(', Within::Nothing) if self.word.as_deref().is_some_and(|w| w.ends_with('$')) => {
                self.within.push(Within::Parentheses);
                self.push(c);
            }
            ('(', Within::Nothing | Within::Parentheses) | (')', Within::Nothing) => return None,
            (')', Within::Parentheses) => {
                self.within.pop();
                self.push(c);
            }
            (';' | '&' | '|' | '<' | '>', Within::Nothing) => return Some(false),
            _ => self.push(c),
        }
        Some(true)
    }

    /// In `2>file` the number belongs to the operator.
    fn digits_are_no_word(&mut self, operator: char) {
        let is_number = |word: &String| word.starts_with(|c: char| c.is_ascii_digit());
        if operator == '>' && self.word.as_ref().is_some_and(is_number) {
            self.word = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let shown = match shell_words(text) {
            Some(Words { words, cut }) => {
                let cut = cut.map(|c| format!(" cut at {c}")).unwrap_or_default();
                format!("{words:?}{cut}")
            }
            None => "none".to_string(),
        };
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn words_are_split_without_a_shell() {
        check("echo 'a b'", r#"["echo", "a b"]"#);
        check("a\"b c\"d \"\"  e\\ f", r#"["ab cd", "", "e f"]"#);
        check("sh -c \"x \\\"y\\\" \\n $Z && w\"", r#"["sh", "-c", "x \"y\" n $Z && w"]"#);
        check("a\"b'c\"d'e\"f'", r#"["ab'cde\"f"]"#);
        check("", "[]");
        check("a # b *.x {1,2}", r##"["a", "#", "b", "*.x", "{1,2}"]"##);
    }

    #[test]
    fn what_a_shell_would_run_stays_as_it_is() {
        check("a $(b c) d", r#"["a", "$(b c)", "d"]"#);
        check("a `b c` d", r#"["a", "`b c`", "d"]"#);
        check("a '$(b' c", r#"["a", "$(b", "c"]"#);
    }

    #[test]
    fn reading_ends_at_an_operator() {
        check("a | b", r#"["a"] cut at |"#);
        check("a&& b", r#"["a"] cut at &"#);
        check("a 2>b", r#"["a"] cut at >"#);
        check("a b>c", r#"["a", "b"] cut at >"#);
        check("a '|' \"&\" \\;", r#"["a", "|", "&", ";"]"#);
    }

    #[test]
    fn what_stays_open_is_none() {
        for text in ["'a", "\"a", "a\\", "a `b", "a $(b", "a (b)", "a)"] {
            check(text, "none");
        }
    }
}
