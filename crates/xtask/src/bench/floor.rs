//! The floor: the same networks, containers and starts, asked of the Engine straight away, with the
//! parallelism of `hob apply` and nothing else: no plan, no file, no label beyond our own, no look
//! at what is there, no verdict.

use std::{collections::HashMap, path::PathBuf, process::ExitCode};

use bollard::{
    Docker,
    models::{
        ContainerCreateBody, EndpointSettings, HostConfig, NetworkCreateRequest, NetworkingConfig,
        RestartPolicy, RestartPolicyNameEnum,
    },
    query_parameters::{CreateContainerOptionsBuilder, StartContainerOptions},
};
use clap::Args;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::workload::{COMMAND, FILE, FILE_TARGET, IMAGE, LABEL, Side, Workload, environment};
use crate::Outcome;

/// Operations at the same time: `ApplyOptions::per_host` of Hob's engine.
const AT_ONCE: usize = 8;

/// Create and start the containers of a benchmark, and nothing else.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    stacks: usize,
    services: usize,
    /// The folder that holds a folder with the files of each stack.
    folder: PathBuf,
    /// Operations at the same time.
    #[arg(long, default_value_t = AT_ONCE)]
    at_once: usize,
}

/// `cargo xtask floor`.
pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let runtime = tokio::runtime::Runtime::new().map_err(|why| why.to_string())?;
    runtime.block_on(deploy(arguments)).map_err(|why| format!("asking the Engine: {why}"))?;
    Ok(ExitCode::SUCCESS)
}

async fn deploy(arguments: &Arguments) -> Result<(), bollard::errors::Error> {
    let docker = Docker::connect_with_local_defaults()?.negotiate_version().await?;
    let workload = Workload { stacks: arguments.stacks, services: arguments.services };
    let stacks = workload.names(Side::Floor);
    stream::iter(&stacks)
        .map(|stack| docker.create_network(network(stack)))
        .buffer_unordered(arguments.at_once)
        .try_for_each(async |_| Ok(()))
        .await?;
    let all = stacks.iter().flat_map(|stack| {
        workload.services().enumerate().map(move |(at, service)| (stack, service, at == 0))
    });
    stream::iter(all)
        .map(|(stack, service, with_file)| {
            let file = arguments.folder.join(stack).join(FILE);
            let bind = format!("{}:{FILE_TARGET}:ro", file.display());
            let body = container(stack, &service, with_file.then_some(bind));
            let name = format!("{stack}-{service}-1");
            let docker = &docker;
            async move {
                let options = CreateContainerOptionsBuilder::new().name(&name).build();
                docker.create_container(Some(options), body).await?;
                docker.start_container(&name, None::<StartContainerOptions>).await
            }
        })
        .buffer_unordered(arguments.at_once)
        .try_for_each(async |()| Ok(()))
        .await
}

fn labels(stack: &str) -> HashMap<String, String> {
    HashMap::from([(LABEL.to_owned(), stack.to_owned())])
}

fn network_name(stack: &str) -> String {
    format!("{stack}_default")
}

fn network(stack: &str) -> NetworkCreateRequest {
    NetworkCreateRequest {
        name: network_name(stack),
        driver: Some("bridge".to_owned()),
        labels: Some(labels(stack)),
        ..NetworkCreateRequest::default()
    }
}

fn container(stack: &str, service: &str, bind: Option<String>) -> ContainerCreateBody {
    let network = network_name(stack);
    let endpoint =
        EndpointSettings { aliases: Some(vec![service.to_owned()]), ..EndpointSettings::default() };
    let variables = environment(stack, service);
    ContainerCreateBody {
        image: Some(IMAGE.to_owned()),
        cmd: Some(COMMAND.map(str::to_owned).to_vec()),
        env: Some(variables.map(|(key, value)| format!("{key}={value}")).to_vec()),
        labels: Some(labels(stack)),
        host_config: Some(HostConfig {
            network_mode: Some(network.clone()),
            binds: bind.map(|bind| vec![bind]),
            restart_policy: Some(RestartPolicy {
                name: Some(RestartPolicyNameEnum::UNLESS_STOPPED),
                maximum_retry_count: None,
            }),
            ..HostConfig::default()
        }),
        networking_config: Some(NetworkingConfig {
            endpoints_config: Some(HashMap::from([(network, endpoint)])),
        }),
        ..ContainerCreateBody::default()
    }
}
