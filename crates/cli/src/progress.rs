//! An apply as it goes: bars on a terminal, lines elsewhere. On stderr, since it is talk.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use hob_engine::{Event, Outcome, Progress, doing};
use hob_host::OpProgress;
use hob_model::HostName;
use hob_plan::{Change, Plan, Step};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{
    style::{ERROR, WARNING, paint, seconds},
    ui::Ui,
};

/// Shows an apply in the way that suits where it is seen.
pub(crate) fn progress<'a>(plan: &Plan, ui: &'a Ui) -> Box<dyn Progress + 'a> {
    let lines = Lines { ui, counts: Mutex::new(Counts::of(plan)) };
    if ui.bars { Box::new(Bars::new(lines, plan)) } else { Box::new(lines) }
}

/// How far each host is.
struct Counts {
    ended: BTreeMap<HostName, usize>,
    total: BTreeMap<HostName, usize>,
    /// Columns of the longest name of a host.
    widest: usize,
    /// Columns of the largest total.
    digits: usize,
}

impl Counts {
    fn of(plan: &Plan) -> Self {
        let mut total = BTreeMap::new();
        for step in &plan.steps {
            *total.entry(step.host.clone()).or_insert(0) += 1;
        }
        let widest =
            total.keys().map(|host: &HostName| host.as_str().chars().count()).max().unwrap_or(0);
        let digits = total.values().max().map_or(1, |total| total.to_string().len());
        Self { ended: BTreeMap::new(), total, widest, digits }
    }

    /// The beginning of a line about a host.
    fn head(&self, host: &HostName) -> String {
        // As wide as a counter and its brackets.
        let (widest, counter) = (self.widest, 2 * self.digits + 3);
        format!("{host:widest$}  {:counter$} ", "")
    }

    /// The beginning of a line about a step that came to its own end, which is counted.
    fn counted_head(&mut self, host: &HostName) -> String {
        let ended = self.ended.entry(host.clone()).or_insert(0);
        *ended += 1;
        let total = self.total.get(host).copied().unwrap_or(*ended);
        let digits = total.to_string().len();
        let counted = format!("[{ended:>digits$}/{total}]");
        let (widest, counter) = (self.widest, 2 * self.digits + 3);
        format!("{host:widest$}  {counted:>counter$} ")
    }
}

/// A line for each step that ends.
struct Lines<'a> {
    ui: &'a Ui,
    counts: Mutex<Counts>,
}

impl Lines<'_> {
    /// The line about a step that ended, if there is something to say. Counted is what came to an
    /// end of its own: a run that was told to stop never gets to its total.
    fn line(&self, step: &Step, outcome: &Outcome, took: Duration) -> Option<String> {
        let mut counts = self.counts();
        let subject = step.subject();
        Some(match outcome {
            Outcome::Done => {
                let head = counts.counted_head(&step.host);
                format!("{head}{} {subject} ({})", step.change.verb_done(), seconds(took))
            }
            Outcome::Failed { error, .. } => format!(
                "{}{} {} {subject}: {} ({})",
                counts.counted_head(&step.host),
                paint(ERROR, "failed:"),
                step.change.verb(),
                error.kind,
                seconds(took)
            ),
            Outcome::BrokenOff { .. } => {
                let head = counts.head(&step.host);
                format!("{head}{} {subject}", paint(WARNING, "broken off:"))
            }
            Outcome::Skipped { .. } => {
                let head = counts.head(&step.host);
                format!("{head}{} {subject}", paint(WARNING, "skipped:"))
            }
            Outcome::NotBegun => return None,
        })
    }

    fn put_back_line(&self, step: &Step) -> String {
        // What is new has no predecessor to be put back: it is only stopped.
        let is_new = matches!(step.change, Change::Create(_));
        let doing = if is_new { "stopping" } else { "putting back" };
        format!("{}{doing} {}", self.counts().head(&step.host), step.subject())
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const STOPPING: &str = "Stopping: what is under way finishes or is put back; Ctrl-C again stops at \
                        once, and the next run heals what is left half done.";

impl Progress for Lines<'_> {
    fn event(&self, event: Event<'_>) {
        match event {
            Event::Ended { step, outcome, took } => {
                if let Some(line) = self.line(step, outcome, took) {
                    self.ui.talk(&format!("{line}\n"));
                }
            }
            Event::PuttingBack { step } => {
                self.ui.talk(&format!("{}\n", self.put_back_line(step)));
            }
            Event::Stopping => self.ui.talk(&format!("{STOPPING}\n")),
            Event::Began { .. } | Event::Operation { .. } | Event::Within { .. } => {}
        }
    }
}

/// A bar for each host, with the steps under way behind it.
struct Bars<'a> {
    lines: Lines<'a>,
    multi: MultiProgress,
    hosts: BTreeMap<HostName, HostBar>,
}

struct HostBar {
    bar: ProgressBar,
    /// What the steps under way are doing, by their number.
    under_way: Mutex<BTreeMap<u32, String>>,
}

/// Steps under way that are named behind a bar.
const NAMED_MAX: usize = 3;

/// How often bars are drawn again to keep the clock going.
const TICK: Duration = Duration::from_millis(200);

impl<'a> Bars<'a> {
    fn new(lines: Lines<'a>, plan: &Plan) -> Self {
        let multi = MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        let counts = Counts::of(plan);
        let widest = counts.widest;
        // A template that cannot be read would only make the bar plainer.
        let style = ProgressStyle::with_template(
            "{prefix} {bar:20} {pos:>3}/{len:<3} {elapsed:>4}  {wide_msg}",
        )
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ");
        let hosts = counts.total.iter().map(|(host, total)| {
            let bar = multi.add(ProgressBar::new(*total as u64));
            bar.set_style(style.clone());
            bar.set_prefix(format!("{host:widest$}"));
            bar.enable_steady_tick(TICK);
            (host.clone(), HostBar { bar, under_way: Mutex::default() })
        });
        let hosts = hosts.collect();
        Self { lines, multi, hosts }
    }

    fn say(&self, line: &str) {
        let _ = self.multi.println(self.lines.ui.redacted(line));
    }

    fn doing(&self, step: &Step, what: Option<String>) {
        let Some(host) = self.hosts.get(&step.host) else { return };
        let mut under_way = host.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        match what {
            Some(what) => under_way.insert(step.id.0, what),
            None => under_way.remove(&step.id.0),
        };
        let mut named: Vec<String> = under_way.values().take(NAMED_MAX).cloned().collect();
        if under_way.len() > NAMED_MAX {
            named.push(format!("{} more", under_way.len() - NAMED_MAX));
        }
        host.bar.set_message(self.lines.ui.redacted(&named.join(", ")));
    }
}

impl Progress for Bars<'_> {
    fn event(&self, event: Event<'_>) {
        match event {
            Event::Began { .. } => {}
            Event::Operation { step, op } => self.doing(step, Some(doing(op))),
            Event::Within { step, progress } => {
                let what = match progress {
                    OpProgress::Pulling { done_bytes, total_bytes } => {
                        let percent = done_bytes.saturating_mul(100) / (*total_bytes).max(1);
                        format!("pulling {} {percent} %", step.subject())
                    }
                    OpProgress::Building { line } => {
                        format!("building {}: {}", step.subject(), line.trim())
                    }
                    OpProgress::Waiting { state } => format!("{}: {state}", step.subject()),
                };
                self.doing(step, Some(what));
            }
            Event::PuttingBack { step } => self.say(&self.lines.put_back_line(step)),
            Event::Stopping => self.say(STOPPING),
            Event::Ended { step, outcome, took } => {
                let line = self.lines.line(step, outcome, took);
                // What went well shows in the bar.
                if let (Some(line), false) = (line, matches!(outcome, Outcome::Done)) {
                    self.say(&line);
                }
                self.doing(step, None);
                let ended = matches!(outcome, Outcome::Done | Outcome::Failed { .. });
                if let (Some(host), true) = (self.hosts.get(&step.host), ended) {
                    host.bar.inc(1);
                }
            }
        }
    }
}

impl Drop for Bars<'_> {
    fn drop(&mut self) {
        let _ = self.multi.clear();
    }
}
