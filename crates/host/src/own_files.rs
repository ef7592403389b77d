//! The few files of this machine that are touched: every error names its path.
#![allow(clippy::disallowed_methods, reason = "this is the module that adds the path")]

use std::{fs, io, os::unix::fs::MetadataExt, path::Path};

/// The content of a file; `None` if there is none.
pub(crate) fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(content) => Ok(Some(content)),
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(why) => Err(named(path, &why)),
    }
}

/// Makes an empty file, or empties one.
pub(crate) fn create(path: &Path) -> io::Result<fs::File> {
    fs::File::create(path).map_err(|why| named(path, &why))
}

/// Removes a file; one that is not there is removed already.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(why) if why.kind() != io::ErrorKind::NotFound => Err(named(path, &why)),
        _ => Ok(()),
    }
}

/// The user that this process runs as.
pub(crate) fn own_user_id() -> io::Result<u32> {
    let path = Path::new("/proc/self");
    fs::metadata(path).map(|found| found.uid()).map_err(|why| named(path, &why))
}

/// Who runs this process, as `user@machine`; parts that cannot be found out are question marks.
pub(crate) fn own_name() -> String {
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let user = own_user_id().map(|id| user_name(&users, id)).unwrap_or_else(|_| "?".to_owned());
    let machine = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let machine = machine.trim();
    format!("{user}@{}", if machine.is_empty() { "?" } else { machine })
}

/// The user of this id in `/etc/passwd`, or the id where it is not there.
fn user_name(passwd: &str, id: u32) -> String {
    let wanted = id.to_string();
    let found = passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == wanted).then(|| name.to_owned())
    });
    found.unwrap_or(wanted)
}

/// An error that says which file it is about.
pub(crate) fn named(path: &Path, why: &io::Error) -> io::Error {
    io::Error::new(why.kind(), format!("{} on this machine: {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_have_names_or_numbers() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\nida:x:1000:1000:,,,:/home/ida:/bin/sh\n";
        assert_eq!(user_name(passwd, 1000), "ida");
        assert_eq!(user_name(passwd, 100), "100");
        assert!(own_name().contains('@'));
    }
}
