//! A log that is followed through breaks of the connection: opened again a few times, going on
//! after the last line that came.

use std::time::Duration;

use futures_util::{StreamExt, future::BoxFuture, stream};
use hob_host::{HostError, LogLine, LogOptions};
use tokio::time::{Instant, sleep};

use super::interleave::{Heard, Lines};

/// Opens the log anew.
pub(super) type Open =
    Box<dyn FnMut(LogOptions) -> BoxFuture<'static, Result<Opened, HostError>> + Send>;

/// A log as a host hands it out.
pub(super) type Opened = stream::BoxStream<'static, Result<LogLine, HostError>>;

/// How often in a row a log is opened again without a line that comes of it.
const TRIES_MAX: u32 = 5;

/// Time before the first try; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// Asked for beyond the last line: clocks differ, and what comes twice is left out.
const OVERLAP: Duration = Duration::from_secs(60);

struct Course {
    open: Open,
    lines: Option<Opened>,
    options: LogOptions,
    /// Time of the last line, by the host's clock and by ours.
    last: (i128, Instant),
    tries: u32,
    ended: bool,
}

/// The lines of a log. Without `follow` a break is its end; with it, the log is opened again.
pub(super) fn steady(lines: Opened, options: LogOptions, open: Open) -> Lines {
    let last = (i128::MIN, Instant::now());
    let course = Course { open, lines: Some(lines), options, last, tries: 0, ended: false };
    stream::unfold(course, |mut course| async move {
        let heard = course.next().await?;
        Some((heard, course))
    })
    .boxed()
}

impl Course {
    async fn next(&mut self) -> Option<Heard> {
        while !self.ended {
            let error = match &mut self.lines {
                None => match self.open_again().await {
                    Ok(lines) => {
                        self.lines = Some(lines);
                        continue;
                    }
                    Err(error) => error,
                },
                Some(lines) => match lines.next().await? {
                    // It was there before the break.
                    Ok(line) if line.time_ns <= self.last.0 && self.tries > 0 => continue,
                    Ok(line) => {
                        self.last = (line.time_ns, Instant::now());
                        self.tries = 0;
                        return Some(Heard::Line(line));
                    }
                    Err(error) => error,
                },
            };
            self.lines = None;
            self.ended = !self.options.follow || self.tries == TRIES_MAX;
            if self.ended {
                return Some(Heard::Broken(error));
            }
            self.tries += 1;
            if self.tries == 1 {
                return Some(Heard::Again(error));
            }
        }
        None
    }

    async fn open_again(&mut self) -> Result<Opened, HostError> {
        sleep(FIRST_PAUSE * 2_u32.pow(self.tries.saturating_sub(1))).await;
        let (time_ns, at) = self.last;
        let options = match time_ns {
            // Nothing has come yet.
            i128::MIN => self.options,
            _ => LogOptions { tail: None, since: Some(at.elapsed() + OVERLAP), ..self.options },
        };
        (self.open)(options).await
    }
}

#[cfg(test)]
mod tests {
    use std::{
        collections::VecDeque,
        sync::{Arc, Mutex},
    };

    use futures_util::FutureExt;
    use hob_host::HostErrorKind;

    use super::*;

    fn broken() -> HostError {
        HostError {
            host: "pi".into(),
            doing: "reading".into(),
            kind: HostErrorKind::Unreachable("gone".into()),
        }
    }

    /// A log from text such as `1 2 !`: lines by their times, and `!` for a break.
    fn log(text: &str) -> Opened {
        let lines: Vec<_> = text
            .split_whitespace()
            .map(|word| match word.parse::<i128>() {
                Ok(time_ns) => Ok(LogLine { time_ns, is_stderr: false, text: word.into() }),
                Err(_) => Err(broken()),
            })
            .collect();
        stream::iter(lines).boxed()
    }

    /// Each part between `|` is what comes of opening the log once more; `x` is a log that cannot be
    /// opened. The answer is what is heard, and after how many seconds.
    async fn check(text: &str, follow: bool) -> String {
        let mut parts: VecDeque<String> =
            text.split('|').map(|part| part.trim().to_owned()).collect();
        let first = log(&parts.pop_front().unwrap());
        let parts = Arc::new(Mutex::new(parts));
        let open: Open = Box::new(move |_| {
            let part = parts.lock().unwrap().pop_front().unwrap_or_else(|| "x".to_owned());
            async move { if part == "x" { Err(broken()) } else { Ok(log(&part)) } }.boxed()
        });
        let start = Instant::now();
        let options = LogOptions { tail: Some(10), since: None, follow };
        let mut heard = Vec::new();
        let mut lines = steady(first, options, open);
        while let Some(next) = lines.next().await {
            heard.push(match next {
                Heard::Line(line) => line.text,
                Heard::Again(_) => "again".to_owned(),
                Heard::Broken(_) => format!("broken@{}", start.elapsed().as_secs()),
            });
        }
        heard.join(" ")
    }

    #[tokio::test(start_paused = true)]
    async fn a_break_is_the_end_unless_it_is_followed() {
        assert_eq!(check("1 2", false).await, "1 2");
        assert_eq!(check("1 2 !|3", false).await, "1 2 broken@0");
    }

    #[tokio::test(start_paused = true)]
    async fn a_followed_log_goes_on_after_the_last_line() {
        assert_eq!(check("1 2 !|1 2 3 !|3 4", true).await, "1 2 again 3 again 4");
        // A container that ends, ends its log.
        assert_eq!(check("1 2", true).await, "1 2");
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_tries_for_ever() {
        // 1 + 2 + 4 + 8 + 16 seconds.
        assert_eq!(check("1 !|x|x|!|x|x|2", true).await, "1 again broken@31");
    }
}
