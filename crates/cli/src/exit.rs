//! What an exit code of `hob` means.

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Nothing to do, or everything that was to be done was done, or all is well.
    Good = 0,
    /// Something is wrong, was refused or was not done.
    Error = 1,
    /// There are changes to be made.
    Changes = 2,
}

impl Exit {
    /// The exit code.
    pub fn code(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
