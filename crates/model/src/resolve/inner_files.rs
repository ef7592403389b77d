//! Configs and secrets whose content is no file of the repository: it stands in the Compose file
//! or in a variable.

use std::sync::Arc;

use hob_compose::{
    Files, Finding, Place,
    project::{FileContent, FileObject, FileReference, Service},
    tree::Node,
};

use super::{
    content::GENERATED,
    mounts::{Mounted, Mounts, not_acted_on},
};
use crate::{
    desired::StackFile,
    digest::Digest,
    names::StackPath,
    repository::Location,
    sealed::Opening,
    secret::Secret,
    spec::{InnerFile, Mount},
};

/// Permission bits of such a file unless the service says otherwise; Compose's own.
const MODE_DEFAULT: u32 = 0o444;

/// Permission bits of what is kept sealed, where the service says who it runs as.
const MODE_PRIVATE: u32 = 0o400;

/// What became of a file of the repository that may be sealed.
pub(super) enum Unsealed {
    /// It is not.
    Ordinary,
    Content(Arc<[u8]>),
    /// It cannot be opened, and there is a finding.
    Refused,
}

/// A config or secret as one service uses it.
pub(super) struct Used<'u> {
    /// `configs` or `secrets`.
    pub(super) kind: &'static str,
    pub(super) reference: &'u FileReference,
    pub(super) object: &'u FileObject,
    pub(super) service: &'u Service,
    /// Of the reference.
    pub(super) path: &'u str,
    pub(super) place: Place,
}

impl Mounts<'_, '_> {
    /// Puts the content into the container itself. Where the container's own files cannot be
    /// written, it travels as a file of the stack.
    pub(super) fn inner_file(&mut self, used: &Used<'_>, mounted: &mut Mounted) {
        let Some(text) = self.content(used) else { return };
        let is_sealed = match &used.object.content {
            FileContent::Variable { name, .. } => self.secrets.contains(name),
            FileContent::File(_) | FileContent::Inline(_) => false,
        };
        self.put_inside(used, Arc::from(text.as_bytes()), is_sealed, mounted);
    }

    pub(super) fn put_inside(
        &mut self,
        used: &Used<'_>,
        content: Arc<[u8]>,
        is_sealed: bool,
        mounted: &mut Mounted,
    ) {
        let digest = Digest::of(&content);
        let target = used.reference.target.clone();
        if used.service.read_only {
            let source = format!("{GENERATED}/{}/{}", used.kind, used.reference.source);
            self.say_unowned(used);
            let file =
                StackFile { digest: digest.clone(), mode: 0o644, content: Secret::new(content) };
            if let Err(why) = self.bundle.put(StackPath::new(&source), file) {
                self.refuse(used, Finding::error("cannot-travel", why).hint("shorten it"));
                return;
            }
            mounted.content.insert(target.clone(), digest);
            mounted.mounts.insert(target, Mount::stack_file(source));
            return;
        }
        let (Some(mut uid), Some(mut gid)) = (self.owner(used, "uid"), self.owner(used, "gid"))
        else {
            return;
        };
        let mut mode = used.reference.mode.unwrap_or(MODE_DEFAULT);
        let FileReference { uid: said_uid, gid: said_gid, mode: said_mode, .. } = used.reference;
        let says_nothing = said_uid.is_none() && said_gid.is_none() && said_mode.is_none();
        if let Some(user) = numeric_user(used.service).filter(|_| is_sealed && says_nothing) {
            ((uid, gid), mode) = (user, MODE_PRIVATE);
        }
        let file = InnerFile { digest, content: Secret::new(content), uid, gid, mode };
        mounted.files.insert(target, file);
    }

    fn content<'o>(&mut self, used: &Used<'o>) -> Option<&'o str> {
        match &used.object.content {
            FileContent::File(_) => None,
            FileContent::Inline(text) => Some(text),
            FileContent::Variable { value: Some(value), .. } => Some(value),
            FileContent::Variable { name, value: None } => {
                let message =
                    format!("its content is that of the variable {name}, which is not set");
                let finding = Finding::error("variable-not-set", message);
                self.refuse(used, finding.hint("set it in vars: or in an env file"));
                None
            }
        }
    }

    /// A number; 0 if nothing is said.
    fn owner(&mut self, used: &Used<'_>, attribute: &str) -> Option<u64> {
        let text = match attribute {
            "uid" => &used.reference.uid,
            _ => &used.reference.gid,
        };
        let Some(text) = text else { return Some(0) };
        let number = text.parse::<u32>().ok().map(u64::from);
        if number.is_none() {
            let message = format!("{attribute} is {text:?}, which is no number");
            let finding = Finding::error("unknown-value", message);
            self.refuse(used, finding.hint("write the number; names are the image's"));
        }
        number
    }

    /// What a sealed file holds, of the value that `x-hob: { secret: NAME }` names.
    pub(super) fn unsealed(&mut self, used: &Used<'_>, file: &str) -> Unsealed {
        let Location::Inside(inside) = self.repository.locate(file) else {
            return Unsealed::Ordinary;
        };
        let Ok(content) = self.repository.read(&self.repository.absolute(&inside)) else {
            return Unsealed::Ordinary; // What is wrong with it is said where it is mounted.
        };
        let facet = used.object.extensions.get("x-hob");
        let value = facet.and_then(|facet| facet.get("secret")).and_then(Node::as_str);
        let (code, why, hint) = match self.opener.open(&inside, &content, value) {
            Opening::NotSealed if value.is_some() => {
                let why = format!("{inside} is no SOPS file, so no value of it can be named");
                ("bad-secrets", why, "take x-hob.secret away, or name a SOPS file".to_owned())
            }
            Opening::NotSealed => return Unsealed::Ordinary,
            Opening::Opened(content) => return Unsealed::Content(Arc::clone(content.expose())),
            Opening::NoKey { why, hint } => ("unopened-secrets", why, hint),
            Opening::Refused { why, hint } => ("bad-secrets", why, hint),
        };
        let place = self.repository.place(&used.object.place);
        let path = format!("{}.{}", used.kind, used.reference.source);
        self.findings.push(Finding::error(code, why).at(place).on(path).hint(hint));
        Unsealed::Refused
    }

    fn refuse(&mut self, used: &Used<'_>, finding: Finding) {
        self.findings.push(finding.at(used.place.clone()).on(used.path));
    }

    /// Owner and mode, of what is mounted from a file of the host.
    pub(super) fn say_unowned(&mut self, used: &Used<'_>) {
        let FileReference { source: _, target: _, uid, gid, mode } = used.reference;
        let owned = [("uid", uid.is_some()), ("gid", gid.is_some()), ("mode", mode.is_some())];
        for (attribute, _) in owned.into_iter().filter(|(_, is_set)| *is_set) {
            let path = format!("{}.{attribute}", used.path);
            self.findings.push(not_acted_on(&path, used.place.clone()));
        }
    }
}

/// User and group of a service that says them as numbers.
fn numeric_user(service: &Service) -> Option<(u64, u64)> {
    let said = service.user.as_deref()?;
    let (user, group) = said.split_once(':').unwrap_or((said, "0"));
    let number = |text: &str| text.parse::<u32>().ok().map(u64::from);
    Some((number(user)?, number(group)?))
}
