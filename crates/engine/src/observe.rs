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
            (name.clone(), in_time(name, look(name, host, &ask, hosts)).await)
        })
        .buffer_unordered(HOSTS_AT_ONCE);
    let mut sight = Sight::default();
    while let Some((name, seen)) = looks.next().await {
        sight.note(name, seen);
    }
    sight
}

impl Sight {
    /// Looks once more at the hosts that are open, by the same ways. Those that were not seen are
    /// not tried again, and `refused` hosts are left alone from now on.
    pub async fn again(
        mut self,
        desired: &Desired,
        selection: &Selection,
        refused: BTreeMap<HostName, HostError>,
    ) -> Self {
        for (name, error) in refused {
            self.open.remove(&name);
            self.note(name, Err(error));
        }
        let open = std::mem::take(&mut self.open);
        let asked = open.into_iter().filter_map(|(name, host)| {
            let ask = ask_for(desired.hosts.get(&name)?, selection);
            Some((name, host, ask))
        });
        let mut looks = stream::iter(asked)
            .map(|(name, host, ask)| async move {
                let look = async { host.observe(&ask).await.map(|seen| (Arc::clone(&host), seen)) };
                let seen = in_time(&name, look).await;
                (name, seen)
            })
            .buffer_unordered(HOSTS_AT_ONCE);
        while let Some((name, seen)) = looks.next().await {
            self.note(name, seen);
        }
        self
    }

    fn note(&mut self, name: HostName, seen: Result<(Arc<dyn Host>, HostState), HostError>) {
        let view = match seen {
            Ok((host, state)) => {
                self.open.insert(name.clone(), host);
                HostView::Seen(Box::new(state))
            }
            Err(error) => {
                let why = error.kind.to_string();
                self.errors.insert(name.clone(), error);
                HostView::Unreachable { why }
            }
        };
        self.observed.hosts.insert(name, view);
    }
}

async fn in_time<T>(
    name: &HostName,
    look: impl Future<Output = Result<T, HostError>>,
) -> Result<T, HostError> {
    timeout(LOOK_WITHIN, look).await.unwrap_or_else(|_| {
        Err(HostError {
            host: name.clone(),
            doing: "looking at the host".to_owned(),
            kind: HostErrorKind::TimedOut(LOOK_WITHIN.as_secs()),
        })
    })
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
