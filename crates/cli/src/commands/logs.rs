use std::{collections::BTreeSet, sync::Arc, time::Duration};

use futures_util::{
    Stream, StreamExt,
    stream::{self, BoxStream, SelectAll},
};
use hob_engine::OpenHosts;
use hob_host::{HostError, Hosts, LogLine, LogOptions};
use hob_model::{ContainerName, HostName, Selection, desired::Desired};
use serde_json::json;
use tokio::time::{Instant, sleep_until};

use crate::{
    context::Context,
    duration::duration,
    error::CommandError,
    exit::Exit,
    repository::{Repository, Sound},
    select::{SelectArgs, unknown},
    style::{self, ERROR, VOICES, paint},
    time::timestamp,
};

/// Show what services wrote, of all hosts together, in the order of time
///
/// Exits with 0, or with 1 if a host did not answer.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Only these services: SERVICE or STACK/SERVICE
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// Go on as more is written, until Ctrl-C
    #[arg(long, short)]
    follow: bool,
    /// At most this many of the last lines of each service
    #[arg(long, short = 'n', value_name = "LINES", default_value_t = 100)]
    tail: u32,
    /// Not older than this, such as 90s, 15m, 2h
    #[arg(long, value_name = "TIME", value_parser = duration)]
    since: Option<Duration>,
    /// Show when each line was written
    #[arg(long, short)]
    timestamps: bool,
    #[command(flatten)]
    select: SelectArgs,
}

/// Whose lines they are.
#[derive(Clone)]
struct Speaker {
    host: HostName,
    /// `stack/service`
    service: String,
    container: ContainerName,
}

/// A line and the position of its speaker.
type Said = (usize, Result<LogLine, HostError>);

/// While following, lines wait this long for older ones of slower hosts.
const PATIENCE: Duration = Duration::from_millis(200);

/// Lines that wait at most.
const WAITING_MAX: usize = 10_000;

/// Streams opened at the same time.
const OPENED_AT_ONCE: usize = 16;

pub(crate) async fn run(args: &Args, context: &Context) -> Result<Exit, CommandError> {
    let Sound { homelab, desired, .. } = Repository::open(context)?;
    let selection = args.select.selection(&homelab, &desired)?;
    let speakers = speakers(&desired, &selection, &args.services)?;
    let hosts: BTreeSet<&HostName> = speakers.iter().map(|speaker| &speaker.host).collect();
    let selection = Selection { hosts: hosts.into_iter().cloned().collect(), ..selection };
    let hosts = context.hosts()?;
    let (open, errors) = context.unless_stopped(open(&desired, &selection, &hosts)).await?;
    let options = LogOptions { tail: Some(args.tail), since: args.since, follow: args.follow };
    let mut printer = Printer::new(args, &speakers, context);
    let mut is_good = errors.is_empty();
    for error in errors {
        context.ui.talk(&CommandError::from(error).text(context.ui.width()));
    }
    let mut streams = Vec::new();
    for (at, stream) in listen(&speakers, &open, &options).await {
        match stream {
            Ok(stream) => streams.push((at, stream)),
            Err(error) => {
                is_good = false;
                context.ui.talk(&CommandError::from(error).text(context.ui.width()));
            }
        }
    }
    let printed = async {
        if args.follow {
            follow(streams, &mut printer).await
        } else {
            merge(streams, &mut printer).await
        }
    };
    tokio::select! {
        // Being told to stop is how following ends.
        _ = context.stop.requested() => {}
        result = printed => result?,
    }
    Ok(if is_good { Exit::Good } else { Exit::Error })
}

/// The services that are meant, by host, stack and service.
fn speakers(
    desired: &Desired,
    selection: &Selection,
    named: &[String],
) -> Result<Vec<Speaker>, CommandError> {
    let mut speakers = Vec::new();
    let mut known = BTreeSet::new();
    let mut found = BTreeSet::new();
    for (host, stack_name, stack) in selection.stacks(desired) {
        for (name, service) in &stack.services {
            let full = format!("{stack_name}/{name}");
            let asked: Vec<&String> = named
                .iter()
                .filter(|asked| **asked == full || asked.as_str() == name.as_str())
                .collect();
            let is_meant = named.is_empty() || !asked.is_empty();
            found.extend(asked);
            if is_meant {
                speakers.push(Speaker {
                    host: host.clone(),
                    service: full.clone(),
                    container: service.container.clone(),
                });
            }
            known.insert(name.to_string());
            known.insert(full);
        }
    }
    match named.iter().find(|asked| !found.contains(*asked)) {
        Some(asked) => Err(unknown("service", asked, known.iter().map(String::as_str))),
        None => Ok(speakers),
    }
}

async fn open(
    desired: &Desired,
    selection: &Selection,
    hosts: &Arc<dyn Hosts>,
) -> (OpenHosts, Vec<HostError>) {
    let wanted = desired.hosts.iter().filter(|(name, _)| selection.has_host(name));
    let mut opening = stream::iter(wanted)
        .map(|(name, host)| async move { (name, hosts.open(name, host).await) })
        .buffered(OPENED_AT_ONCE);
    let mut open = OpenHosts::new();
    let mut errors = Vec::new();
    while let Some((name, opened)) = opening.next().await {
        match opened {
            Ok(host) => {
                open.insert(name.clone(), host);
            }
            Err(error) => errors.push(error),
        }
    }
    (open, errors)
}

type Opened = Result<BoxStream<'static, Result<LogLine, HostError>>, HostError>;

async fn listen(
    speakers: &[Speaker],
    open: &OpenHosts,
    options: &LogOptions,
) -> Vec<(usize, Opened)> {
    let there = speakers
        .iter()
        .enumerate()
        .filter_map(|(at, speaker)| Some((at, speaker, open.get(&speaker.host)?)));
    stream::iter(there)
        .map(
            |(at, speaker, host)| async move { (at, host.logs(&speaker.container, options).await) },
        )
        .buffered(OPENED_AT_ONCE)
        .collect()
        .await
}

/// Prints streams that end, strictly by time.
async fn merge(
    streams: Vec<(usize, BoxStream<'static, Result<LogLine, HostError>>)>,
    printer: &mut Printer<'_>,
) -> Result<(), CommandError> {
    let mut heads = Vec::new();
    for (at, mut stream) in streams {
        if let Some(line) = stream.next().await {
            heads.push((at, line, stream));
        }
    }
    let key = |(at, line): (usize, &Result<LogLine, HostError>)| {
        (line.as_ref().map_or(i128::MIN, |line| line.time_ns), at)
    };
    while let Some(first) =
        (0..heads.len()).min_by_key(|index| key((heads[*index].0, &heads[*index].1)))
    {
        let (at, _, stream) = &mut heads[first];
        let at = *at;
        let line = match stream.next().await {
            Some(next) => std::mem::replace(&mut heads[first].1, next),
            None => heads.swap_remove(first).1,
        };
        printer.print((at, line))?;
    }
    Ok(())
}

/// Prints streams that go on, by time as far as lines of slower hosts come in time.
async fn follow(
    streams: Vec<(usize, BoxStream<'static, Result<LogLine, HostError>>)>,
    printer: &mut Printer<'_>,
) -> Result<(), CommandError> {
    let mut all: SelectAll<_> = streams
        .into_iter()
        .map(|(at, stream)| stream.map(move |line| (at, line)).boxed())
        .collect();
    let mut waiting: Vec<Said> = Vec::new();
    loop {
        let Some(first) = all.next().await else { return Ok(()) };
        waiting.push(first);
        gather(&mut all, &mut waiting).await;
        waiting.sort_by_key(|(_, line)| line.as_ref().map_or(i128::MIN, |line| line.time_ns));
        for said in waiting.drain(..) {
            printer.print(said)?;
        }
    }
}

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

/// Writes lines with the name of who wrote them.
struct Printer<'a> {
    context: &'a Context,
    speakers: &'a [Speaker],
    names: Vec<String>,
    timestamps: bool,
}

impl<'a> Printer<'a> {
    fn new(args: &Args, speakers: &'a [Speaker], context: &'a Context) -> Self {
        let hosts: BTreeSet<&HostName> = speakers.iter().map(|speaker| &speaker.host).collect();
        let name = |speaker: &Speaker| match hosts.len() {
            0 | 1 => speaker.service.clone(),
            _ => format!("{} {}", speaker.host, speaker.service),
        };
        let widest = speakers.iter().map(|one| name(one).chars().count()).max().unwrap_or(0);
        let names = speakers
            .iter()
            .enumerate()
            .map(|(at, speaker)| {
                paint(VOICES[at % VOICES.len()], format!("{:widest$} |", name(speaker)))
            })
            .collect();
        Self { context, speakers, names, timestamps: args.timestamps }
    }

    fn print(&mut self, (at, line): Said) -> Result<(), CommandError> {
        let ui = &self.context.ui;
        let line = match line {
            Ok(line) => line,
            Err(error) => {
                let heading = paint(ERROR, "error:");
                ui.talk(&format!("{heading} {}: {}: {}\n", error.host, error.doing, error.kind));
                return Ok(());
            }
        };
        if ui.json {
            let speaker = &self.speakers[at];
            let value = json!({
                "time": timestamp(line.time_ns),
                "host": speaker.host,
                "service": speaker.service,
                "stderr": line.is_stderr,
                "text": line.text,
            });
            return ui.data(&format!("{value}\n"));
        }
        let time = if self.timestamps {
            paint(style::QUIET, timestamp(line.time_ns)) + " "
        } else {
            String::new()
        };
        ui.data(&format!("{} {time}{}\n", self.names[at], line.text))
    }
}
