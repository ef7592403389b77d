use std::path::PathBuf;

use hob_model::HOMELAB_FILE;
use hob_secrets::{
    keys::{Keyring, Recipient},
    sops::creation::starter,
};
use serde_json::json;

use super::files::{SOPS_CONFIG, SecretFile, Secrets, of_repository};
use crate::{
    context::Context,
    disk,
    error::CommandError,
    exit::Exit,
    secrets::Keys,
    style::{HINT, paint},
};

/// Begin to keep secrets: a key for you, a .sops.yaml, a file, and its name in hob.yaml
///
/// What is there already stays as it is. The key file is yours alone and does not belong into the
/// repository: whoever loses it loses the secrets, whoever copies it can read them.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The file of secrets
    #[arg(long, value_name = "FILE", default_value = "secrets.sops.yaml")]
    file: PathBuf,
    /// Somebody else who can open it: age1...
    #[arg(long, value_name = "KEY")]
    recipient: Vec<String>,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Exit, CommandError> {
    let Secrets { root, files, .. } = of_repository(context)?;
    let file = SecretFile::at(root.join(&args.file), Some(&root))?;
    let others = args.recipient.iter().map(|key| Recipient::parse(key));
    let others: Vec<Recipient> = others
        .collect::<Result<_, _>>()
        .map_err(|why| CommandError::config("reading a recipient").caused_by(why))?;
    let mut made = Vec::new();
    let ring = own_key(context, &mut made)?;
    let config = root.join(SOPS_CONFIG);
    if !disk::exists(&config) {
        let mut recipients = ring.recipients();
        recipients.extend(others.into_iter().filter(|key| !ring.recipients().contains(key)));
        disk::write_new(&config, &starter(&recipients))?;
        made.push(SOPS_CONFIG.to_owned());
    }
    if !file.is_there() {
        let sops = file.open_or_begin(context)?;
        disk::write_new(&file.path, &sops.text())?;
        made.push(file.name.clone());
    }
    let is_named = files.contains(&file);
    let is_added = !is_named && name_in_homelab(&file, &root.join(HOMELAB_FILE), &files)?;
    let recipients: Vec<String> = ring.recipients().iter().map(ToString::to_string).collect();
    if context.ui.json {
        context.ui.json(&json!({
            "file": file.name,
            "recipients": recipients,
            "made": made,
            "in_homelab": is_named || is_added,
        }))?;
        return Ok(Exit::Good);
    }
    for name in &made {
        context.ui.data(&format!("made {name}\n"))?;
    }
    if is_added {
        context.ui.data(&format!("named it in {HOMELAB_FILE}\n"))?;
    } else if !is_named {
        context.ui.talk(&format!(
            "{HOMELAB_FILE} has secrets already: add {} to secrets.files\n",
            file.name
        ));
    }
    context.ui.data(&format!("your public key: {}\n", recipients.join(", ")))?;
    context.ui.talk(&format!("Next: {}\n", paint(HINT, "hob secret set NAME")));
    Ok(Exit::Good)
}

/// The caller's keys; a new one if there is none.
fn own_key(context: &Context, made: &mut Vec<String>) -> Result<Keyring, CommandError> {
    let path = context.keys.own_file();
    let is_to_be_made = match (&context.keys.identity, &context.keys.hob_file) {
        (Some(named), _) | (None, Some(named)) => !disk::exists(named),
        (None, None) => false,
    };
    if !is_to_be_made {
        let Keys { ring, .. } = context.keys.find()?;
        if !ring.is_empty() {
            return Ok(ring);
        }
    }
    let Some(path) = path else {
        return Err(CommandError::config("where your key is to lie is not known: HOME is not set")
            .hint("name a file with --identity"));
    };
    let (text, _) = Keyring::generate();
    disk::write_private(&path, text.expose())?;
    made.push(path.display().to_string());
    Keyring::parse(text.expose())
        .map_err(|why| CommandError::internal("a new key cannot be read").caused_by(why))
}

/// Adds the file to `hob.yaml`, unless it says something about secrets already.
fn name_in_homelab(
    file: &SecretFile,
    homelab: &std::path::Path,
    files: &[SecretFile],
) -> Result<bool, CommandError> {
    let text = disk::read_text(homelab)?;
    if !files.is_empty() || text.lines().any(|line| line.starts_with("secrets:")) {
        return Ok(false);
    }
    let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    let name = serde_json::Value::from(file.name.as_str());
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | '_' | '-');
    let shown = match file.name.chars().all(is_plain) {
        true => file.name.clone(),
        false => name.to_string(),
    };
    disk::write(homelab, &format!("{text}{gap}secrets: {{ files: [{shown}] }}\n"))?;
    Ok(true)
}
