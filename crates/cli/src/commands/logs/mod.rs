mod interleave;
mod steady;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use futures_util::{FutureExt, StreamExt, stream};
use hob_engine::OpenHosts;
use hob_host::{Host, HostError, Hosts, LogOptions};
use hob_model::{ContainerName, HostName, Selection, desired::Desired};
use serde_json::json;

use crate::{
    context::Context,
    duration::duration,
    error::CommandError,
    exit::Exit,
    repository::{Repository, Sound},
    select::{SelectArgs, unknown},
    style::{self, ERROR, HINT, VOICES, WARNING, paint},
    time::timestamp,
};
use interleave::{Heard, Said};
use steady::{Open, steady};

/// Show what services wrote, of all hosts together, in the order of time
///
/// A log that is followed is opened again when its connection breaks. Exits with 0, or with 1 if a
/// host did not answer or a log broke off.
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

/// Streams opened at the same time.
const OPENED_AT_ONCE: usize = 16;

pub(crate) async fn run(args: &Args, context: &Context) -> Result<Exit, CommandError> {
    let Sound { homelab, desired, .. } = Repository::open(context)?;
    let selection = args.select.selection(&homelab, &desired)?;
    let speakers = speakers(&desired, &selection, &args.services)?;
    if speakers.is_empty() {
        // Without a host in it the selection below would mean every host.
        return Ok(Exit::Good);
    }
    let hosts: BTreeSet<&HostName> = speakers.iter().map(|speaker| &speaker.host).collect();
    let selection = Selection { hosts: hosts.into_iter().cloned().collect(), ..selection };
    let hosts = context.hosts()?;
    let (open, errors) = context.unless_stopped(open(&desired, &selection, &hosts)).await?;
    let options = LogOptions { tail: Some(args.tail), since: args.since, follow: args.follow };
    let mut printer = Printer::new(args, &desired, &speakers, context);
    let mut is_good = errors.is_empty();
    for error in errors {
        context.ui.talk(&CommandError::of_host(error, &desired).text(context.ui.width()));
    }
    let mut streams = Vec::new();
    for (at, stream) in listen(&speakers, &open, &options).await {
        match stream {
            Ok(stream) => streams.push((at, stream)),
            Err(error) => {
                is_good = false;
                printer.complain(at, "cannot be read", &error);
            }
        }
    }
    let mut print = |said| printer.print(said);
    let printed = async {
        if args.follow {
            interleave::follow(streams, &mut print).await
        } else {
            interleave::merge(streams, &mut print).await
        }
    };
    tokio::select! {
        // Being told to stop is how following ends.
        _ = context.stop.requested() => {}
        result = printed => result?,
    }
    is_good &= !printer.has_broken;
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

type Opened = Result<interleave::Lines, HostError>;

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
        .map(|(at, speaker, host)| async move {
            let opened = host.logs(&speaker.container, options).await;
            let again = opener(Arc::clone(host), speaker.container.clone());
            (at, opened.map(|lines| steady(lines, *options, again)))
        })
        .buffered(OPENED_AT_ONCE)
        .collect()
        .await
}

/// Opens the log of a container any number of times.
fn opener(host: Arc<dyn Host>, container: ContainerName) -> Open {
    Box::new(move |options| {
        let (host, container) = (Arc::clone(&host), container.clone());
        async move { host.logs(&container, &options).await }.boxed()
    })
}

/// Writes lines with the name of who wrote them.
struct Printer<'a> {
    context: &'a Context,
    desired: &'a Desired,
    speakers: &'a [Speaker],
    names: Vec<String>,
    timestamps: bool,
    /// Whether a log broke off for good.
    has_broken: bool,
}

impl<'a> Printer<'a> {
    fn new(
        args: &Args,
        desired: &'a Desired,
        speakers: &'a [Speaker],
        context: &'a Context,
    ) -> Self {
        let hosts: BTreeSet<&HostName> = speakers.iter().map(|speaker| &speaker.host).collect();
        let widest_host = hosts.iter().map(|host| host.as_str().chars().count()).max().unwrap_or(0);
        let name = |speaker: &Speaker| match hosts.len() {
            0 | 1 => speaker.service.clone(),
            _ => format!("{:widest_host$} {}", speaker.host, speaker.service),
        };
        let widest = speakers.iter().map(|one| name(one).chars().count()).max().unwrap_or(0);
        let names = speakers
            .iter()
            .enumerate()
            .map(|(at, speaker)| {
                paint(VOICES[at % VOICES.len()], format!("{:widest$} |", name(speaker)))
            })
            .collect();
        let timestamps = args.timestamps;
        Self { context, desired, speakers, names, timestamps, has_broken: false }
    }

    fn print(&mut self, (at, heard): Said) -> Result<(), CommandError> {
        let ui = &self.context.ui;
        let line = match heard {
            Heard::Line(line) => line,
            Heard::Again(error) => {
                let (warning, whose) = (paint(WARNING, "warning:"), self.whose(at));
                let says = format!("{warning} the log of {whose} broke off: {}", error.kind);
                ui.talk(&format!("{says}; trying again\n"));
                return Ok(());
            }
            Heard::Broken(error) => {
                self.has_broken = true;
                self.complain(at, "broke off", &error);
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

    /// Tells what is wrong with a log.
    fn complain(&self, at: usize, what: &str, error: &HostError) {
        let ui = &self.context.ui;
        let (heading, whose) = (paint(ERROR, "error:"), self.whose(at));
        ui.talk(&format!("{heading} the log of {whose} {what}: {}\n", error.kind));
        let host = self.desired.hosts.get(&error.host);
        if let Some(hint) = host.and_then(|host| hob_engine::hint(&error.kind, host)) {
            ui.talk(&format!("{} {hint}\n", paint(HINT, "hint:")));
        }
    }

    fn whose(&self, at: usize) -> String {
        let speaker = &self.speakers[at];
        format!("{} on {}", speaker.service, speaker.host)
    }
}
