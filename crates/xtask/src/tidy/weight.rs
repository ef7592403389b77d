//! The repository stays small enough to be cloned by everybody, for ever.

use super::{File, Violation};

const BINARY_BYTES_MAX: usize = 64 * 1024;
const TEXT_BYTES_MAX: usize = 512 * 1024;

/// Rule: no large files, least of all binary ones.
pub(super) fn check(file: &File) -> Option<Violation> {
    let is_binary = file.bytes.contains(&0);
    let (kind, most) =
        if is_binary { ("binary", BINARY_BYTES_MAX) } else { ("text", TEXT_BYTES_MAX) };
    let size = file.bytes.len();
    (size > most).then(|| Violation {
        path: file.path.clone(),
        line: 0,
        what: format!("{size} bytes of {kind}, more than {most}"),
        ratchet: None,
    })
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::{File, testing::lines};

    fn check_bytes(bytes: Vec<u8>, expected: &str) {
        assert_eq!(lines(check(&File { path: "a".to_owned(), bytes })), expected);
    }

    #[test]
    fn a_binary_file_may_have_64_kibibytes() {
        check_bytes(vec![0; 65_536], "");
        check_bytes(vec![0; 65_537], "a: 65537 bytes of binary, more than 65536");
    }

    #[test]
    fn a_text_may_have_512_kibibytes() {
        check_bytes(vec![b'x'; 524_288], "");
        check_bytes(vec![b'x'; 524_289], "a: 524289 bytes of text, more than 524288");
    }
}
