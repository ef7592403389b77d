//! Lines of several containers in one order of time.

use std::time::Duration;

use futures_util::{
    Stream, StreamExt,
    stream::{BoxStream, SelectAll},
};
use hob_host::{HostError, LogLine};
use tokio::time::{Instant, sleep_until};

use crate::error::CommandError;

/// What comes of listening to one container.
#[derive(Debug)]
pub(super) enum Heard {
    /// It wrote a line.
    Line(LogLine),
    /// The connection broke, and is made again.
    Again(HostError),
    /// The connection broke for good.
    Broken(HostError),
}

/// What one container wrote.
pub(super) type Lines = BoxStream<'static, Heard>;

/// A line and the position of its speaker.
pub(super) type Said = (usize, Heard);

/// Takes lines in order.
pub(super) type Print<'a> = dyn FnMut(Said) -> Result<(), CommandError> + Send + 'a;

/// While following, lines wait this long for older ones of slower hosts.
const PATIENCE: Duration = Duration::from_millis(200);

/// Lines that wait at most.
const WAITING_MAX: usize = 10_000;

/// When a line was written; breaks come first.
fn time((_, heard): &Said) -> i128 {
    match heard {
        Heard::Line(line) => line.time_ns,
        Heard::Again(_) | Heard::Broken(_) => i128::MIN,
    }
}

/// Prints streams that end, strictly by time.
pub(super) async fn merge(
    streams: Vec<(usize, Lines)>,
    print: &mut Print<'_>,
) -> Result<(), CommandError> {
    let mut heads: Vec<(Said, Lines)> = Vec::new();
    for (speaker, mut lines) in streams {
        if let Some(line) = lines.next().await {
            heads.push(((speaker, line), lines));
        }
    }
    while let Some(at) = first(&heads) {
        let (head, lines) = &mut heads[at];
        let speaker = head.0;
        let said = match lines.next().await {
            Some(next) => std::mem::replace(head, (speaker, next)),
            None => heads.swap_remove(at).0,
        };
        print(said)?;
    }
    Ok(())
}

fn first(heads: &[(Said, Lines)]) -> Option<usize> {
    (0..heads.len()).min_by_key(|at| {
        let (said, _) = &heads[*at];
        (time(said), said.0)
    })
}

/// Prints streams that go on, by time as far as lines of slower hosts come in time.
pub(super) async fn follow(
    streams: Vec<(usize, Lines)>,
    print: &mut Print<'_>,
) -> Result<(), CommandError> {
    let mut all: SelectAll<_> = streams
        .into_iter()
        .map(|(speaker, lines)| lines.map(move |line| (speaker, line)).boxed())
        .collect();
    let mut waiting: Vec<Said> = Vec::new();
    while let Some(said) = all.next().await {
        waiting.push(said);
        gather(&mut all, &mut waiting).await;
        waiting.sort_by_key(time);
        for said in waiting.drain(..) {
            print(said)?;
        }
    }
    Ok(())
}

/// Waits for lines that come soon after the first.
async fn gather(all: &mut (impl Stream<Item = Said> + Unpin), waiting: &mut Vec<Said>) {
    let late = Instant::now() + PATIENCE;
    while waiting.len() < WAITING_MAX {
        tokio::select! {
            biased;
            () = sleep_until(late) => return,
            said = all.next() => match said {
                Some(said) => waiting.push(said),
                None => return,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    /// `text` has a line for each speaker: the times at which it says something. A time such as
    /// `3@7` is said at 3 and heard at 7 seconds. The answer is what is printed, in order.
    async fn check(text: &str, follows: bool) -> String {
        let start = Instant::now();
        let streams = text.lines().enumerate().map(|(speaker, times)| {
            let times: Vec<(u64, u64)> = times
                .split_whitespace()
                .map(|time| {
                    let (said, heard) = time.split_once('@').unwrap_or((time, "0"));
                    (said.parse().unwrap(), heard.parse().unwrap())
                })
                .collect();
            let lines = stream::iter(times).then(move |(said, heard)| async move {
                sleep_until(start + Duration::from_secs(heard)).await;
                let text = said.to_string();
                Heard::Line(LogLine { time_ns: said.into(), is_stderr: false, text })
            });
            (speaker, lines.boxed())
        });
        let streams = streams.collect();
        let mut printed = Vec::new();
        let mut print = |(speaker, heard): Said| {
            let Heard::Line(line) = heard else { panic!("a break") };
            printed.push(format!("{speaker}:{}", line.text));
            Ok(())
        };
        let result = if follows {
            follow(streams, &mut print).await
        } else {
            merge(streams, &mut print).await
        };
        result.unwrap();
        printed.join(" ")
    }

    #[tokio::test(start_paused = true)]
    async fn streams_that_end_are_merged_by_time() {
        assert_eq!(check("1 4 5\n\n2 3 4 9", false).await, "0:1 2:2 2:3 0:4 2:4 0:5 2:9");
        // A slow host is waited for.
        assert_eq!(check("2 3\n1@9 4@10", false).await, "1:1 0:2 0:3 1:4");
    }

    #[tokio::test(start_paused = true)]
    async fn streams_that_go_on_are_printed_as_they_come() {
        assert_eq!(check("1 4 5\n2 3", true).await, "0:1 1:2 1:3 0:4 0:5");
        // Nobody waits for a slow host for long.
        assert_eq!(check("2 3\n1@9 4@10", true).await, "0:2 0:3 1:1 1:4");
    }
}
