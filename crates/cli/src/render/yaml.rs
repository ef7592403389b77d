//! JSON data as YAML, for reading. Strings are quoted unless every reader of YAML takes them for
//! plain text.

use serde_json::Value;

/// The value as a YAML document.
pub(crate) fn yaml(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(map) if !map.is_empty() => write(value, 0, &mut out),
        Value::Array(list) if !list.is_empty() => write(value, 0, &mut out),
        other => {
            out += &scalar(other);
            out.push('\n');
        }
    }
    out
}

fn write(value: &Value, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                *out += &format!("{indent}{}:", text(key));
                below(value, depth + 1, out);
            }
        }
        Value::Array(list) => {
            for value in list {
                *out += &format!("{indent}-");
                match value {
                    Value::Object(map) if !map.is_empty() => {
                        let mut item = String::new();
                        write(value, depth + 1, &mut item);
                        out.push(' ');
                        *out += item.trim_start();
                    }
                    other => below(other, depth + 1, out),
                }
            }
        }
        other => *out += &scalar(other),
    }
}

fn below(value: &Value, depth: usize, out: &mut String) {
    let is_block = match value {
        Value::Object(map) => !map.is_empty(),
        Value::Array(list) => !list.is_empty(),
        _ => false,
    };
    if is_block {
        out.push('\n');
        write(value, depth, out);
    } else {
        *out += &format!(" {}\n", scalar(value));
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(string) => text(string),
        Value::Object(_) => "{}".to_owned(),
        Value::Array(_) => "[]".to_owned(),
        other => other.to_string(),
    }
}

/// Plain if it can only be read as this text, else in double quotes, which JSON's are.
fn text(string: &str) -> String {
    let plain_inside = |c: char| c.is_ascii_alphanumeric() || "_-./@:$ ".contains(c);
    let begins_plainly =
        string.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '/');
    let means_something = matches!(
        string.to_ascii_lowercase().as_str(),
        "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null"
    );
    if begins_plainly
        && !means_something
        && !string.ends_with([' ', ':'])
        && !string.contains(": ")
        && string.chars().all(plain_inside)
    {
        string.to_owned()
    } else {
        Value::String(string.to_owned()).to_string()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::yaml;

    #[test]
    fn what_could_be_read_as_something_else_is_quoted() {
        let value = json!({
            "a": {"b": [1, "1", "no", "x: y", "plain text", {"c": null, "d": []}, [true]]},
            "80": "", "e": {}, "f": "two\nlines"
        });
        assert_eq!(
            yaml(&value),
            "a:\n  b:\n    - 1\n    - \"1\"\n    - \"no\"\n    - \"x: y\"\n    - plain text\n    \
             - c: null\n      d: []\n    -\n      - true\n\"80\": \"\"\ne: {}\nf: \"two\\nlines\"\n"
        );
    }
}
