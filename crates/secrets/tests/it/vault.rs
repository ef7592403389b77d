use hob_secrets::vault::{is_vault, open};

use crate::support::secret;

#[test]
fn what_is_no_vault_is_refused() {
    let why = |text: &str| open("vault.yml", text, &secret("x")).unwrap_err().to_string();
    assert!(!is_vault("a: 1\n"));
    assert_eq!(why("a: 1\n"), "vault.yml:1: this is no Ansible Vault file");
    assert_eq!(
        why("$ANSIBLE_VAULT;1.0;AES\n00\n"),
        "vault.yml:1: only vaults of version 1.1 and 1.2 with AES256 are known"
    );
    let damaged = "vault.yml:2: the vault is damaged: its body is not three hexadecimal parts";
    for body in ["", "zz", "30", "300a", "c3a9"] {
        assert_eq!(why(&format!("$ANSIBLE_VAULT;1.1;AES256\n{body}\n")), damaged, "{body:?}");
    }
}
