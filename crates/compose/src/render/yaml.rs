//! YAML as the library of Docker Compose writes it, so that both programs print the same bytes.

use super::scalar::{Style, style_of};
use crate::tree::{Data, Entry, Node, float_text};

/// The tree as one YAML document, keys in the order in which they stand.
pub(super) fn document(node: &Node) -> String {
    let mut writer = Writer { out: String::new() };
    match &node.data {
        Data::Mapping(mapping) if !mapping.entries.is_empty() => writer.entries(node, 0),
        Data::Sequence(items) if !items.is_empty() => writer.items(items, 0),
        _ => {
            writer.scalar(node, 0);
            writer.out.push('\n');
        }
    }
    writer.out
}

struct Writer {
    out: String,
}

impl Writer {
    /// Every entry on lines of its own, `indent` columns from the left.
    fn entries(&mut self, node: &Node, indent: usize) {
        for (index, entry) in node.entries().iter().enumerate() {
            // The first one stands behind the dash of the list it is in.
            if index > 0 || self.out.ends_with('\n') || self.out.is_empty() {
                self.indent(indent);
            }
            self.entry(entry, indent);
        }
    }

    fn entry(&mut self, Entry { key, value }: &Entry, indent: usize) {
        self.out += &match style_of(&key.name) {
            Style::Literal => super::scalar::double_quoted(&key.name),
            style => super::scalar::flow(&key.name, style),
        };
        self.out.push(':');
        match &value.data {
            Data::Mapping(mapping) if !mapping.entries.is_empty() => {
                self.out.push('\n');
                self.entries(value, indent + 2);
            }
            Data::Sequence(items) if !items.is_empty() => {
                self.out.push('\n');
                self.items(items, indent + 2);
            }
            _ => {
                self.out.push(' ');
                self.scalar(value, indent + 2);
                self.out.push('\n');
            }
        }
    }

    fn items(&mut self, items: &[Node], indent: usize) {
        for (index, item) in items.iter().enumerate() {
            if index > 0 || self.out.ends_with('\n') || self.out.is_empty() {
                self.indent(indent);
            }
            self.out += "- ";
            match &item.data {
                Data::Mapping(mapping) if !mapping.entries.is_empty() => {
                    self.entries(item, indent + 2);
                }
                Data::Sequence(items) if !items.is_empty() => self.items(items, indent + 2),
                _ => {
                    self.scalar(item, indent + 2);
                    self.out.push('\n');
                }
            }
        }
    }

    fn scalar(&mut self, node: &Node, indent: usize) {
        self.out += &match &node.data {
            Data::Null => "null".to_string(),
            Data::Bool(value) => value.to_string(),
            Data::Int(value) => value.to_string(),
            Data::Float(value) => number(*value),
            Data::String(text) => match style_of(text) {
                Style::Literal => literal(text, indent),
                style => super::scalar::flow(text, style),
            },
            Data::Sequence(_) => "[]".to_string(),
            Data::Mapping(_) => "{}".to_string(),
        };
    }

    fn indent(&mut self, columns: usize) {
        self.out.extend(std::iter::repeat_n(' ', columns));
    }
}

/// A number with an exponent below 1e-4 and from 1e6.
fn number(value: f64) -> String {
    if value.is_nan() {
        return ".nan".to_string();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.to_string();
    }
    let exponent = value.abs().log10().floor();
    if value == 0.0 || (-4.0..6.0).contains(&exponent) {
        return float_text(value);
    }
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => ('-', digits),
        None => ('+', exponent),
    };
    format!("{mantissa}e{sign}{digits:0>2}")
}

/// `|`, hints about what the text begins and ends with, and its lines. Without the last line end.
fn literal(text: &str, indent: usize) -> String {
    let mut out = "|".to_string();
    if text.starts_with([' ', '\n']) {
        out.push('2');
    }
    out += match text.strip_suffix('\n') {
        None => "-",
        Some(rest) if rest.is_empty() || rest.ends_with('\n') => "+",
        Some(_) => "",
    };
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        out.push('\n');
        if !line.is_empty() {
            out.extend(std::iter::repeat_n(' ', indent));
            out += line;
        }
    }
    out
}
