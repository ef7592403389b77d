use hob_secrets::keys::{Keyring, Recipient, seal};

use crate::support::key;

#[test]
fn what_is_sealed_for_one_key_opens_with_it_and_with_no_other() {
    let (keys, recipient, _) = key();
    let (others, other, _) = key();
    let sealed = seal(b"photos", std::slice::from_ref(&recipient)).unwrap();
    assert!(sealed.starts_with("-----BEGIN AGE ENCRYPTED FILE-----\n"), "{sealed}");
    assert_eq!(keys.open(sealed.as_bytes()).unwrap().expose(), b"photos");
    assert!(others.open(sealed.as_bytes()).is_none());
    let both = seal(b"photos", &[recipient, other]).unwrap();
    assert_eq!(others.open(both.as_bytes()).unwrap().expose(), b"photos");
}

#[test]
fn a_damaged_text_does_not_open() {
    let (keys, recipient, _) = key();
    let sealed = seal(b"photos", &[recipient]).unwrap();
    for at in (40..sealed.len()).step_by(17) {
        let mut bytes = sealed.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let opened = keys.open(&bytes);
        assert!(opened.is_none_or(|text| text.expose() == b"photos"), "changed at {at}");
    }
}

#[test]
fn a_key_file_is_read_and_a_wrong_line_is_not_quoted() {
    let (keys, recipient, text) = key();
    assert_eq!(keys.recipients(), std::slice::from_ref(&recipient));
    assert!(text.contains(&format!("# public key: {recipient}")), "{text}");
    let wrong = Keyring::parse("# created\n\nAGE-SECRET-KEY-1QQQQPLEASE\n").unwrap_err();
    assert_eq!(
        wrong.to_string(),
        "line 3 is no private age key (AGE-SECRET-KEY-1...): invalid Bech32 encoding"
    );
    let private = text.lines().last().unwrap();
    let confused = Recipient::parse(private).unwrap_err().to_string();
    assert_eq!(confused, "this is a private key; the public one begins with age1");
}

#[test]
fn keys_do_not_print_themselves() {
    let (keys, _, _) = key();
    assert_eq!(format!("{keys:?}"), "Keyring(1 keys)");
}
