use std::collections::BTreeSet;

use hob_secrets::keys::Recipient;
use serde_json::json;

use super::files::{FileArgs, SecretFile, chosen};
use crate::{context::Context, error::CommandError, exit::Exit, style::count, time};

/// Seal files again with a new key, and change who can open them
///
/// Who is taken out keeps what was seen, and what stands in the history of the repository: change
/// the values as well.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Somebody who can open it from now on: age1...
    #[arg(long, value_name = "KEY")]
    add_recipient: Vec<String>,
    /// Somebody who cannot any more
    #[arg(long, value_name = "KEY")]
    remove_recipient: Vec<String>,
    #[command(flatten)]
    file: FileArgs,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Exit, CommandError> {
    let parse = |keys: &[String]| {
        let keys = keys.iter().map(|key| Recipient::parse(key));
        keys.collect::<Result<BTreeSet<_>, _>>()
            .map_err(|why| CommandError::config("reading a recipient").caused_by(why))
    };
    let (added, removed) = (parse(&args.add_recipient)?, parse(&args.remove_recipient)?);
    let own = context.keys.find()?.ring.recipients();
    let mut rotated = Vec::new();
    // All are sealed before the first is written: half a rotation helps nobody.
    for file in chosen(&args.file, context)?.into_iter().filter(SecretFile::is_there) {
        let mut sops = file.open(context)?;
        let fail = |why| CommandError::config(format!("rotating {}", file.name)).caused_by(why);
        let were = sops.recipients();
        let mut recipients = Vec::new();
        for key in &were {
            let key = Recipient::parse(key).map_err(fail)?;
            if !removed.contains(&key) && !recipients.contains(&key) {
                recipients.push(key);
            }
        }
        recipients.extend(added.iter().filter(|key| !were.contains(&key.to_string())).cloned());
        if !recipients.iter().any(|key| own.contains(key)) {
            return Err(CommandError::refused(format!(
                "none of your keys could open {} afterwards",
                file.name
            ))
            .hint("let somebody who stays do it, or add another key of yours first"));
        }
        sops.rotate(&recipients, &time::now()).map_err(fail)?;
        rotated.push((file, sops));
    }
    for (file, sops) in &rotated {
        file.save(sops)?;
    }
    if context.ui.json {
        let files = rotated
            .iter()
            .map(|(file, sops)| json!({ "file": file.name, "recipients": sops.recipients() }));
        context.ui.json(&json!({ "rotated": files.collect::<Vec<_>>() }))?;
    } else {
        for (file, sops) in &rotated {
            let recipients = count(sops.recipients().len(), "recipient");
            context.ui.data(&format!("sealed {} again, for {recipients}\n", file.name))?;
        }
    }
    if !removed.is_empty() {
        context.ui.talk(
            "Who was taken out may have the old values: change them where they are used, and \
             then with hob secret set.\n",
        );
    }
    Ok(Exit::Good)
}
