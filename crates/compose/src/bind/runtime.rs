//! What a service asks of the Engine beyond its image.

use super::read;
use crate::project::{Blkio, DeviceRate, DeviceRequest, Hook, Limits, Namespaces, RestartPolicy};
use crate::tree::Node;

/// What `gpus` asks for besides what it says.
const GPU: &str = "gpu";

pub(super) fn device_requests(service: &Node) -> Vec<DeviceRequest> {
    let none = Node::null(&service.span);
    let reservations = service.at_path("deploy.resources.reservations").unwrap_or(&none);
    let mut requests = read::items(reservations, "devices", device_request);
    requests.extend(read::items(service, "gpus", device_request).into_iter().map(|mut gpus| {
        if !gpus.capabilities.iter().any(|capability| capability == GPU) {
            gpus.capabilities.push(GPU.to_string());
        }
        gpus
    }));
    requests
}

fn device_request(node: &Node) -> Option<DeviceRequest> {
    node.as_mapping()?;
    let ids = read::texts(node, "device_ids");
    Some(DeviceRequest {
        driver: read::text(node, "driver"),
        count: read::integer(node, "count").or_else(|| ids.is_empty().then_some(-1)),
        ids,
        capabilities: read::texts(node, "capabilities"),
        options: read::text_map(node, "options"),
    })
}

pub(super) fn namespaces(service: &Node) -> Namespaces {
    let text = |name| read::filled(service, name).filter(|text| !text.is_empty());
    Namespaces {
        pid: text("pid"),
        ipc: text("ipc"),
        uts: text("uts"),
        userns: text("userns_mode"),
        cgroup: text("cgroup"),
    }
}

/// `deploy.resources` and the older attributes say the same; both are equal by now if both are
/// there. To the Engine, 0 is no limit at all.
pub(super) fn limits(service: &Node) -> Limits {
    let none = Node::null(&service.span);
    let limits = service.at_path("deploy.resources.limits").unwrap_or(&none);
    let reservations = service.at_path("deploy.resources.reservations").unwrap_or(&none);
    let number = |name| read::integer(service, name).filter(|number| *number != 0);
    Limits {
        memory: read::bytes(limits, "memory")
            .or_else(|| read::bytes(service, "mem_limit"))
            .filter(|bytes| *bytes > 0),
        memory_reservation: read::bytes(reservations, "memory")
            .or_else(|| read::bytes(service, "mem_reservation"))
            .filter(|bytes| *bytes > 0),
        memory_swap: number("memswap_limit"),
        memory_swappiness: read::integer(service, "mem_swappiness"),
        cpus: read::float(limits, "cpus")
            .or_else(|| read::float(service, "cpus"))
            .filter(|cpus| *cpus > 0.0),
        cpu_count: number("cpu_count"),
        cpu_shares: number("cpu_shares"),
        cpu_quota: number("cpu_quota"),
        cpu_period: number("cpu_period"),
        cpu_rt_runtime: micros(service, "cpu_rt_runtime"),
        cpu_rt_period: micros(service, "cpu_rt_period"),
        pids: read::integer(limits, "pids").or_else(|| read::integer(service, "pids_limit")),
        oom_kill_disable: read::boolean(service, "oom_kill_disable").unwrap_or(false),
        oom_score_adj: number("oom_score_adj"),
    }
}

/// Microseconds, as a number or as a duration.
fn micros(service: &Node, name: &str) -> Option<i64> {
    let written = read::integer(service, name).or_else(|| {
        let duration = read::duration(service, name)?;
        i64::try_from(duration.as_micros()).ok()
    });
    written.filter(|micros| *micros != 0)
}

pub(super) fn blkio(service: &Node) -> Option<Blkio> {
    let node = service.get("blkio_config")?;
    let rates = |name, rate: &str| {
        read::items(node, name, |device| {
            Some(DeviceRate { path: read::text(device, "path")?, rate: read::bytes(device, rate)? })
        })
    };
    Some(Blkio {
        weight: read::integer(node, "weight").and_then(|weight| u16::try_from(weight).ok()),
        weight_device: rates("weight_device", "weight"),
        read_bps: rates("device_read_bps", "rate"),
        read_iops: rates("device_read_iops", "rate"),
        write_bps: rates("device_write_bps", "rate"),
        write_iops: rates("device_write_iops", "rate"),
    })
}

pub(super) fn hooks(service: &Node, name: &str) -> Vec<Hook> {
    read::items(service, name, |hook| {
        Some(Hook {
            command: read::optional_texts(hook, "command")?,
            user: read::text(hook, "user"),
            privileged: read::boolean(hook, "privileged").unwrap_or(false),
            working_dir: read::text(hook, "working_dir"),
            environment: read::entries(hook, "environment", |value| Some(value.scalar_text())),
        })
    })
}

pub(super) fn scale(service: &Node) -> Option<u64> {
    let copies = read::integer(service, "scale");
    let deploy = service.get("deploy");
    let copies = copies.or_else(|| deploy.and_then(|deploy| read::integer(deploy, "replicas")));
    copies.and_then(|copies| u64::try_from(copies).ok())
}

/// `deploy.restart_policy`, which goes before `restart`. Its default is `any`.
pub(super) fn restart_policy(service: &Node) -> Option<RestartPolicy> {
    let node = service.at_path("deploy.restart_policy")?;
    node.as_mapping()?;
    let condition = read::text(node, "condition");
    Some(match condition.as_deref() {
        Some("none") => RestartPolicy::No,
        Some("on-failure") => {
            let most = read::integer(node, "max_attempts");
            let max_retries = most.and_then(|most| u64::try_from(most).ok());
            RestartPolicy::OnFailure { max_retries }
        }
        Some("unless-stopped") => RestartPolicy::UnlessStopped,
        _ => RestartPolicy::Always,
    })
}
