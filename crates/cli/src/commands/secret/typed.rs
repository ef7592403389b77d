//! What somebody types without seeing it.

use std::io::stdin;

use hob_model::Secret;
use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};

use crate::{context::Context, error::CommandError};

/// The terminal without echo, until this goes.
struct Silence(Termios);

impl Silence {
    /// `None` if standard input is no terminal.
    fn fall() -> Option<Self> {
        let was = tcgetattr(stdin()).ok()?;
        let mut silent = was.clone();
        silent.local_flags.remove(LocalFlags::ECHO);
        silent.local_flags.insert(LocalFlags::ECHONL);
        tcsetattr(stdin(), SetArg::TCSAFLUSH, &silent).ok()?;
        Some(Self(was))
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        // There is nothing else that could be done.
        let _ = tcsetattr(stdin(), SetArg::TCSANOW, &self.0);
    }
}

/// A value, asked for at a terminal, else all of standard input without the last line end.
pub(super) async fn value(
    question: &str,
    context: &Context,
) -> Result<Secret<String>, CommandError> {
    let ui = &context.ui;
    if !ui.terminal.stdin {
        let text = ui.input()?;
        let text = text.strip_suffix('\n').unwrap_or(&text);
        return Ok(Secret::new(text.strip_suffix('\r').unwrap_or(text).to_owned()));
    }
    ui.talk(question);
    let _silence = Silence::fall();
    let line = context.unless_stopped(ui.line()).await?;
    Ok(Secret::new(line))
}
