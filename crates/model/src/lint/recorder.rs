//! Which files of a repository were read: those are the ones that matter.

use std::{cell::RefCell, collections::BTreeSet, io::Read};

use hob_compose::{FileError, Files, Kind};

/// Files of somebody else, and a list of those that were read.
pub(crate) struct Recorder<'a> {
    files: &'a dyn Files,
    read: RefCell<BTreeSet<String>>,
}

impl<'a> Recorder<'a> {
    pub(crate) fn new(files: &'a dyn Files) -> Self {
        Self { files, read: RefCell::default() }
    }

    /// The files that were read so far, by the paths under which they were asked for.
    pub(crate) fn paths(&self) -> BTreeSet<String> {
        self.read.borrow().clone()
    }
}

impl Files for Recorder<'_> {
    fn kind(&self, path: &str) -> Result<Option<Kind>, FileError> {
        self.files.kind(path)
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        let content = self.files.read(path)?;
        if !self.read.borrow().contains(path) {
            self.read.borrow_mut().insert(path.to_owned());
        }
        Ok(content)
    }

    fn list(&self, dir: &str) -> Result<Vec<String>, FileError> {
        self.files.list(dir)
    }

    fn link(&self, path: &str) -> Result<Option<String>, FileError> {
        self.files.link(path)
    }

    fn size(&self, path: &str) -> Result<u64, FileError> {
        self.files.size(path)
    }

    fn open(&self, path: &str) -> Result<Box<dyn Read>, FileError> {
        self.files.open(path)
    }

    fn on_disk(&self, path: &str) -> Option<String> {
        self.files.on_disk(path)
    }
}
