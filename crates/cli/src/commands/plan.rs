use std::{collections::BTreeMap, path::PathBuf};

use hob_engine::Sight;
use hob_host::HostError;
use hob_model::{HostName, Selection, desired::Desired};
use hob_plan::{
    Plan, PlanDocument, Policy,
    observed::{HostView, Observed},
};

use crate::{
    context::Context,
    disk,
    error::CommandError,
    exit::Exit,
    render::{self, plan::Asides},
    repository::{Repository, Sound},
    select::SelectArgs,
    style::{HINT, paint},
};

/// Show what would be changed, where, in what order and why
///
/// Nothing is changed anywhere. Exits with 0 if there is nothing to do, with 2 if there are
/// changes, and with 1 if all that is left to do is blocked.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Keep the plan in a file, for `hob apply FILE`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Show what each step does and what it waits for
    #[arg(long)]
    detailed: bool,
    #[command(flatten)]
    select: SelectArgs,
}

/// A plan and what it was made from.
pub(super) struct Planned {
    pub(super) selection: Selection,
    pub(super) sight: Sight,
    pub(super) plan: Plan,
    pub(super) document: PlanDocument,
    pub(super) asides: Asides,
}

impl Planned {
    /// Looks at the selected hosts and plans.
    pub(super) async fn now(
        desired: &Desired,
        selection: Selection,
        context: &Context,
    ) -> Result<Self, CommandError> {
        let sight = context.observe(desired, &selection).await?;
        Ok(Self::of(desired, selection, sight))
    }

    fn of(desired: &Desired, selection: Selection, sight: Sight) -> Self {
        let (plan, document) = plan(desired, &selection, &sight.observed);
        let asides = Asides::of(&plan, desired, &selection, &sight);
        Self { selection, sight, plan, document, asides }
    }

    /// Looks once more and plans anew, without the hosts that were `refused`. Says beside it in
    /// what the new plan differs from this one, apart from these hosts.
    pub(super) async fn again(
        self,
        desired: &Desired,
        refused: BTreeMap<HostName, HostError>,
    ) -> (Self, Vec<String>) {
        let mut expected = self.sight.observed.clone();
        for (name, error) in &refused {
            let why = error.kind.to_string();
            expected.hosts.insert(name.clone(), HostView::Unreachable { why });
        }
        let (_, expected) = plan(desired, &self.selection, &expected);
        let sight = self.sight.again(desired, &self.selection, refused).await;
        let fresh = Self::of(desired, self.selection, sight);
        let moved = expected.moved(&fresh.document);
        (fresh, moved)
    }
}

fn plan(desired: &Desired, selection: &Selection, observed: &Observed) -> (Plan, PlanDocument) {
    let policy = Policy { selection: selection.clone(), ..Policy::default() };
    let plan = hob_plan::plan(desired, observed, &policy);
    let document = PlanDocument::of(&plan, &desired.homelab, selection);
    (plan, document)
}

pub(crate) async fn run(args: &Args, context: &Context) -> Result<Exit, CommandError> {
    let ui = &context.ui;
    let Sound { homelab, desired, .. } = Repository::open(context)?;
    let selection = args.select.selection(&homelab, &desired)?;
    let Planned { plan, document, asides, .. } = Planned::now(&desired, selection, context).await?;
    if ui.json {
        ui.json(&document)?;
    } else if args.detailed {
        ui.page(&render::plan::detailed(&plan, &asides))?;
    } else {
        ui.page(&render::plan::text(&plan, &asides))?;
    }
    if let Some(path) = &args.out {
        let text = serde_json::to_string_pretty(&document)? + "\n";
        disk::write(&context.path(path), &text)?;
        let command = format!("hob apply {}", path.display());
        ui.talk(&format!("Kept. {} does exactly this, or refuses.\n", paint(HINT, command)));
    }
    Ok(match (plan.steps.is_empty(), plan.blocked.is_empty()) {
        (false, _) => Exit::Changes,
        (true, true) => Exit::Good,
        (true, false) => Exit::Error,
    })
}
