//! What containers write, line by line.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bollard::{container::LogOutput, query_parameters::LogsOptionsBuilder};
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use hob_model::{ContainerName, HostName};
use tokio::time::timeout;

use super::{DockerHost, failure};
use crate::{HostError, HostErrorKind, LogLine, LogOptions};

/// Longer lines are cut: what was lost is told by an ellipsis.
const LINE_BYTES_MAX: usize = 64 * 1024;
/// For a log that is not followed.
const SILENCE: Duration = Duration::from_secs(30);

type Lines = BoxStream<'static, Result<LogLine, HostErrorKind>>;

impl DockerHost {
    pub(super) async fn log_stream(
        &self,
        container: &ContainerName,
        options: &LogOptions,
    ) -> Result<Lines, HostErrorKind> {
        // The stream itself would say only at its first item that there is no such container.
        if self.inspect(container).await?.is_none() {
            return Err(HostErrorKind::Other("there is no such container".to_owned()));
        }
        let LogOptions { tail, since, follow } = *options;
        let mut query = LogsOptionsBuilder::new()
            .stdout(true)
            .stderr(true)
            .timestamps(true)
            .follow(follow)
            .tail(&tail.map_or_else(|| "all".to_owned(), |lines| lines.to_string()));
        if let Some(since) = since {
            query = query.since(seconds_since_1970(since));
        }
        let frames = self.engine.docker().logs(container.as_str(), Some(query.build())).boxed();
        let joined = stream::unfold(
            (frames, Joiner::default()),
            move |(mut frames, mut joiner)| async move {
                loop {
                    if let Some(line) = joiner.take() {
                        return Some((Ok(line), (frames, joiner)));
                    }
                    let next = match follow {
                        true => frames.next().await,
                        false => match timeout(SILENCE, frames.next()).await {
                            Ok(next) => next,
                            Err(_) => {
                                let late = HostErrorKind::TimedOut(SILENCE.as_secs());
                                return Some((Err(late), (stream::empty().boxed(), joiner)));
                            }
                        },
                    };
                    match next {
                        Some(Ok(frame)) => joiner.put(frame),
                        Some(Err(why)) => {
                            let kind = failure::kind(why);
                            return Some((Err(kind), (stream::empty().boxed(), joiner)));
                        }
                        None => {
                            let line = joiner.rest()?;
                            return Some((Ok(line), (frames, joiner)));
                        }
                    }
                }
            },
        );
        Ok(joined.boxed())
    }

    /// The last lines of a container's log, as far as they can be had.
    pub(super) async fn last_lines(&self, container: &ContainerName, count: u32) -> Vec<String> {
        let options = LogOptions { tail: Some(count), since: None, follow: false };
        let Ok(lines) = self.log_stream(container, &options).await else { return Vec::new() };
        lines
            .take(count as usize)
            .filter_map(|line| async move { line.ok().map(|line| line.text) })
            .collect()
            .await
    }
}

/// The stream with errors that say which host and what.
pub(super) fn with_host(
    lines: Lines,
    host: HostName,
    doing: String,
) -> BoxStream<'static, Result<LogLine, HostError>> {
    lines
        .map(move |line| {
            line.map_err(|kind| HostError { host: host.clone(), doing: doing.clone(), kind })
        })
        .boxed()
}

/// The API knows whole seconds only; the second that has begun counts.
fn seconds_since_1970(ago: Duration) -> i32 {
    let then = SystemTime::now().checked_sub(ago).unwrap_or(UNIX_EPOCH);
    let since = then.duration_since(UNIX_EPOCH).unwrap_or_default();
    i32::try_from(since.as_secs()).unwrap_or(i32::MAX)
}

/// Makes lines of frames: an Engine cuts long lines into frames of 16 KiB, each with a time of its
/// own, and only the last of them with a line end.
#[derive(Default)]
struct Joiner {
    ready: std::collections::VecDeque<LogLine>,
    /// What has no line end yet, of standard output and of standard error.
    open: [Option<LogLine>; 2],
}

impl Joiner {
    fn take(&mut self) -> Option<LogLine> {
        self.ready.pop_front()
    }

    fn rest(&mut self) -> Option<LogLine> {
        self.open.iter_mut().find_map(Option::take)
    }

    fn put(&mut self, frame: LogOutput) {
        let is_stderr = matches!(frame, LogOutput::StdErr { .. });
        let bytes = frame.into_bytes();
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            let is_complete = part.ends_with(b"\n");
            let text = String::from_utf8_lossy(part);
            let (time_ns, text) = split_time(&text);
            let text = text.trim_end_matches(['\n', '\r']);
            let open = self.open.get_mut(usize::from(is_stderr));
            let Some(open) = open else { return };
            let line = open.get_or_insert_with(|| LogLine {
                time_ns: time_ns.unwrap_or(0),
                is_stderr,
                text: String::new(),
            });
            append(&mut line.text, text);
            if is_complete && let Some(line) = open.take() {
                self.ready.push_back(line);
            }
        }
    }
}

fn append(line: &mut String, more: &str) {
    let room = LINE_BYTES_MAX.saturating_sub(line.len());
    if more.len() <= room {
        line.push_str(more);
        return;
    }
    if line.ends_with('…') {
        return;
    }
    let end = (0..=room).rev().find(|end| more.is_char_boundary(*end)).unwrap_or(0);
    line.push_str(more.get(..end).unwrap_or_default());
    line.push('…');
}

/// Splits `2026-11-20T19:00:00.123456789Z text`.
fn split_time(text: &str) -> (Option<i128>, &str) {
    match text.split_once(' ').map(|(time, rest)| (parse_time(time), rest)) {
        Some((Some(time), rest)) => (Some(time), rest),
        // An empty line has no blank behind its time.
        _ => match parse_time(text.trim_end()) {
            Some(time) => (Some(time), ""),
            None => (None, text),
        },
    }
}

/// Nanoseconds since 1970 of a time in RFC 3339, as the Engine writes it: in UTC.
fn parse_time(text: &str) -> Option<i128> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let mut date = date.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let mut time = time.splitn(3, ':').map(|part| part.parse::<i64>().ok());
    let (hour, minute, second) = (time.next()??, time.next()??, time.next()??);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || fraction.len() > 9 {
        return None;
    }
    let nanos: i128 = format!("{fraction:0<9}").parse().ok()?;
    let seconds = days_since_1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    Some(i128::from(seconds) * 1_000_000_000 + nanos)
}

/// Days in the Gregorian calendar, counted in years that begin in March, so that the leap day is
/// the last day of a year.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month_from_march = (month + 9) % 12;
    let days_before_month = (153 * month_from_march + 2) / 5;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    // Day 0 of this count is the first of March of the year 0, which is 719,468 days before 1970.
    year * 365 + leap_days + days_before_month + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn out(text: &str) -> LogOutput {
        LogOutput::StdOut { message: text.to_owned().into_bytes().into() }
    }

    fn check(frames: Vec<LogOutput>) -> Vec<String> {
        let mut joiner = Joiner::default();
        frames.into_iter().for_each(|frame| joiner.put(frame));
        let mut lines = Vec::new();
        while let Some(line) = joiner.take().or_else(|| joiner.rest()) {
            let LogLine { time_ns, is_stderr, text } = line;
            let stream = if is_stderr { "err" } else { "out" };
            lines.push(format!("{time_ns} {stream} {text}"));
        }
        lines
    }

    #[test]
    fn times_are_nanoseconds_since_1970() {
        assert_eq!(parse_time("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(parse_time("2000-03-01T00:00:00Z"), Some(951_868_800_000_000_000));
        assert_eq!(parse_time("2024-02-29T12:30:15.5Z"), Some(1_709_209_815_500_000_000));
        assert_eq!(parse_time("2026-11-20T19:00:00.123456789Z"), Some(1_795_201_200_123_456_789));
        for bad in ["", "Z", "2026-11-20", "2026-13-01T00:00:00Z", "x-y-zT0:0:0Z"] {
            assert_eq!(parse_time(bad), None, "{bad}");
        }
    }

    #[test]
    fn frames_become_lines() {
        let frames = vec![
            out("1970-01-01T00:00:01Z one\n"),
            LogOutput::StdErr { message: "1970-01-01T00:00:02Z oops\r\n".into() },
            out("1970-01-01T00:00:03Z \n"),
            out("1970-01-01T00:00:04Z\n"),
            out("1970-01-01T00:00:05Z first half, "),
            LogOutput::StdErr { message: "1970-01-01T00:00:06Z between\n".into() },
            out("1970-01-01T00:00:07Z second half\n"),
            LogOutput::Console { message: "1970-01-01T00:00:08Z a b\n".into() },
            out("no time"),
        ];
        let expected = [
            "1000000000 out one",
            "2000000000 err oops",
            "3000000000 out ",
            "4000000000 out ",
            "6000000000 err between",
            "5000000000 out first half, second half",
            "8000000000 out a b",
            "0 out no time",
        ];
        assert_eq!(check(frames), expected);
    }

    #[test]
    fn a_line_has_an_end() {
        let long = "ü".repeat(20_000);
        let frames = (0..5).map(|_| out(&long)).chain([out("\n")]).collect();
        let lines = check(frames);
        assert_eq!(lines.len(), 1);
        assert!(lines.iter().all(|line| line.len() < LINE_BYTES_MAX + 20 && line.ends_with('…')));
    }
}
