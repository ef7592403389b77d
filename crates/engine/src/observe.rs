//! Looking at all selected hosts at once.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use futures_util::{StreamExt, stream};
use hob_host::{Ask, Host, HostError, HostErrorKind, Hosts};
use hob_model::{
    HostName, Selection, StackName, StackPath,
    desired::{Desired, DesiredHost},
};
use hob_plan::observed::{HostState, HostView, Observed};
use tokio::time::timeout;

/// Hosts that were reached, by name.
pub type OpenHosts = BTreeMap<HostName, Arc<dyn Host>>;

/// Hosts looked at at the same time.
const HOSTS_AT_ONCE: usize = 16;

/// Time for reaching a host and for looking at it, together.
const LOOK_WITHIN: Duration = Duration::from_secs(30);

/// What came of looking.
#[derive(Default)]
pub struct Sight {
    /// What was seen, for planning.
    pub observed: Observed,
    /// The hosts that answered, for acting.
    pub open: OpenHosts,
    /// Why the others did not.
    pub errors: BTreeMap<HostName, HostError>,
}

/// Looks at every selected host. One that does not answer in time becomes
/// [`HostView::Unreachable`] and is never mistaken for an empty one.
pub async fn observe(desired: &Desired, selection: &Selection, hosts: &dyn Hosts) -> Sight {
    let selected = desired.hosts.iter().filter(|(name, _)| selection.has_host(name));
    let mut looks = stream::iter(selected)
        .map(|(name, host)| async move {
            let ask = ask_for(host, selection);
            let look = look(name, host, &ask, hosts);
            let seen = timeout(LOOK_WITHIN, look).await.unwrap_or_else(|_| {
                Err(HostError {
                    host: name.clone(),
                    doing: "looking at the host".to_owned(),
                    kind: HostErrorKind::TimedOut(LOOK_WITHIN.as_secs()),
                })
            });
            (name.clone(), seen)
        })
        .buffer_unordered(HOSTS_AT_ONCE);
    let mut sight = Sight::default();
    while let Some((name, seen)) = looks.next().await {
        let view = match seen {
            Ok((host, state)) => {
                sight.open.insert(name.clone(), host);
                HostView::Seen(Box::new(state))
            }
            Err(error) => {
                let why = error.kind.to_string();
                sight.errors.insert(name.clone(), error);
                HostView::Unreachable { why }
            }
        };
        sight.observed.hosts.insert(name, view);
    }
    sight
}

async fn look(
    name: &HostName,
    host: &DesiredHost,
    ask: &Ask,
    hosts: &dyn Hosts,
) -> Result<(Arc<dyn Host>, HostState), HostError> {
    let open = hosts.open(name, host).await?;
    let state = open.observe(ask).await?;
    Ok((open, state))
}

/// The files of the selected stacks.
fn ask_for(host: &DesiredHost, selection: &Selection) -> Ask {
    let files = host
        .stacks
        .iter()
        .filter(|(name, stack)| selection.has_stack(name, &stack.tags))
        .map(|(name, stack)| (name.clone(), stack.files.keys().cloned().collect()))
        .collect::<BTreeMap<StackName, BTreeSet<StackPath>>>();
    Ask { files }
}
