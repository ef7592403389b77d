//! The attributes in the order and with the kinds that Docker Compose's own types give them. It
//! prints a project by these types, and hashes what it prints, so both depend on them. The order
//! is that of Docker Compose 2.40; attributes that came later stand where they came.

/// What kind of value it is, which decides when it says nothing and how it is printed.
pub(super) enum Shape {
    /// Attributes in this order.
    Struct(&'static [Field]),
    /// As a struct, but null stays null.
    Nullable(&'static [Field]),
    /// A limit of a block device: JSON gives its attributes capital letters.
    Device(&'static [Field]),
    /// The author's own keys.
    Map(&'static Shape),
    /// Values in the order in which they were written.
    List(&'static Shape),
    /// Text; empty text says nothing.
    Text,
    /// A number; 0 says nothing.
    Number,
    /// A number that is kept with the precision of 32 bits.
    Single,
    /// `true`; `false` says nothing.
    Flag,
    /// A size in bytes, as text; 0 says nothing.
    Bytes,
    /// Permission bits, as octal text.
    Mode,
    /// One limit, or a soft and a hard one.
    Ulimit,
    /// Keys for SSH, `name` or `name=path`.
    Ssh,
    /// Whatever it is.
    Any,
}

/// When an attribute is printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// If it says something.
    Telling,
    /// If it is there, even with a value that says nothing.
    Set,
    /// In any case; null if it is not there.
    Always,
    /// JSON has it in any case, empty if it is not there; YAML only if it says something.
    AlwaysInJson,
    /// JSON has it in any case, YAML if it is not null: an empty list clears what the image says.
    Command,
}

/// One attribute.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    pub(super) when: When,
}

const fn field(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, when: When::Telling }
}

const fn set(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, when: When::Set }
}

const fn always(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, when: When::Always }
}

const fn in_json(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, when: When::AlwaysInJson }
}

const fn command(name: &'static str) -> Field {
    Field { name, shape: TEXTS, when: When::Command }
}

const fn text(name: &'static str) -> Field {
    field(name, Shape::Text)
}

const fn texts(name: &'static str) -> Field {
    field(name, TEXTS)
}

const fn pairs(name: &'static str) -> Field {
    field(name, PAIRS)
}

const fn number(name: &'static str) -> Field {
    field(name, Shape::Number)
}

const fn flag(name: &'static str) -> Field {
    field(name, Shape::Flag)
}

const fn bytes(name: &'static str) -> Field {
    field(name, Shape::Bytes)
}

const TEXTS: Shape = Shape::List(&Shape::Text);
const PAIRS: Shape = Shape::Map(&Shape::Any);

/// The sections of a project.
pub(super) const PROJECT: &[Field] = &[
    text("name"),
    always("services", Shape::Map(&Shape::Struct(SERVICE))),
    field("networks", Shape::Map(&Shape::Struct(NETWORK))),
    field("volumes", Shape::Map(&Shape::Struct(VOLUME))),
    field("secrets", Shape::Map(&Shape::Struct(FILE_OBJECT))),
    field("configs", Shape::Map(&Shape::Struct(FILE_OBJECT))),
    field("models", Shape::Map(&Shape::Struct(MODEL))),
];

pub(super) const SERVICE: &[Field] = &[
    texts("profiles"),
    pairs("annotations"),
    set("attach", Shape::Flag),
    set("build", Shape::Struct(BUILD)),
    set("develop", Shape::Struct(DEVELOP)),
    set("blkio_config", Shape::Struct(BLKIO)),
    texts("cap_add"),
    texts("cap_drop"),
    text("cgroup_parent"),
    text("cgroup"),
    number("cpu_count"),
    field("cpu_percent", Shape::Single),
    number("cpu_period"),
    number("cpu_quota"),
    number("cpu_rt_period"),
    number("cpu_rt_runtime"),
    field("cpus", Shape::Single),
    text("cpuset"),
    number("cpu_shares"),
    command("command"),
    field("configs", Shape::List(&Shape::Struct(FILE_REFERENCE))),
    text("container_name"),
    set("credential_spec", Shape::Struct(CREDENTIAL_SPEC)),
    field("depends_on", Shape::Map(&Shape::Struct(DEPENDENCY))),
    set("deploy", Shape::Struct(DEPLOY)),
    texts("device_cgroup_rules"),
    field("devices", Shape::List(&Shape::Struct(DEVICE))),
    texts("dns"),
    texts("dns_opt"),
    texts("dns_search"),
    text("dockerfile"),
    text("domainname"),
    command("entrypoint"),
    set("provider", Shape::Struct(PROVIDER)),
    pairs("environment"),
    field("env_file", Shape::List(&Shape::Struct(ENV_FILE))),
    texts("expose"),
    texts("external_links"),
    texts("extra_hosts"),
    texts("group_add"),
    field("gpus", Shape::List(&Shape::Struct(DEVICE_REQUEST))),
    text("hostname"),
    set("healthcheck", Shape::Struct(HEALTHCHECK)),
    text("image"),
    set("init", Shape::Flag),
    text("ipc"),
    text("isolation"),
    pairs("labels"),
    texts("label_file"),
    texts("links"),
    set("logging", Shape::Struct(LOGGING)),
    text("log_driver"),
    pairs("log_opt"),
    bytes("mem_limit"),
    bytes("mem_reservation"),
    bytes("memswap_limit"),
    bytes("mem_swappiness"),
    text("mac_address"),
    field("models", Shape::Map(&Shape::Nullable(SERVICE_MODEL))),
    text("net"),
    text("network_mode"),
    field("networks", Shape::Map(&Shape::Nullable(SERVICE_NETWORK))),
    flag("oom_kill_disable"),
    number("oom_score_adj"),
    text("pid"),
    number("pids_limit"),
    text("platform"),
    field("ports", Shape::List(&Shape::Struct(PORT))),
    flag("privileged"),
    text("pull_policy"),
    flag("read_only"),
    text("restart"),
    text("runtime"),
    set("scale", Shape::Number),
    field("secrets", Shape::List(&Shape::Struct(FILE_REFERENCE))),
    texts("security_opt"),
    bytes("shm_size"),
    flag("stdin_open"),
    set("stop_grace_period", Shape::Text),
    text("stop_signal"),
    pairs("storage_opt"),
    pairs("sysctls"),
    texts("tmpfs"),
    flag("tty"),
    field("ulimits", Shape::Map(&Shape::Ulimit)),
    flag("use_api_socket"),
    text("user"),
    text("userns_mode"),
    text("uts"),
    text("volume_driver"),
    field("volumes", Shape::List(&Shape::Struct(MOUNT))),
    texts("volumes_from"),
    text("working_dir"),
    field("pre_start", Shape::List(&Shape::Struct(HOOK))),
    field("post_start", Shape::List(&Shape::Struct(HOOK))),
    field("pre_stop", Shape::List(&Shape::Struct(HOOK))),
];

const BUILD: &[Field] = &[
    text("context"),
    text("dockerfile"),
    text("dockerfile_inline"),
    texts("entitlements"),
    pairs("args"),
    field("provenance", Shape::Any),
    field("sbom", Shape::Any),
    field("ssh", Shape::Ssh),
    pairs("labels"),
    texts("cache_from"),
    texts("cache_to"),
    flag("no_cache"),
    texts("no_cache_filter"),
    pairs("additional_contexts"),
    flag("pull"),
    texts("extra_hosts"),
    text("isolation"),
    text("network"),
    text("target"),
    field("secrets", Shape::List(&Shape::Struct(FILE_REFERENCE))),
    bytes("shm_size"),
    texts("tags"),
    field("ulimits", Shape::Map(&Shape::Ulimit)),
    texts("platforms"),
    flag("privileged"),
];

const DEVELOP: &[Field] = &[field("watch", Shape::List(&Shape::Struct(WATCH)))];

const WATCH: &[Field] = &[
    always("path", Shape::Text),
    always("action", Shape::Text),
    text("target"),
    in_json("exec", Shape::Struct(HOOK)),
    texts("include"),
    texts("ignore"),
    flag("initial_sync"),
];

const HOOK: &[Field] = &[
    command("command"),
    text("image"),
    text("user"),
    flag("privileged"),
    text("working_dir"),
    pairs("environment"),
    flag("per_replica"),
];

const BLKIO: &[Field] = &[
    number("weight"),
    field("weight_device", Shape::List(&Shape::Device(WEIGHT))),
    field("device_read_bps", Shape::List(&Shape::Device(RATE))),
    field("device_read_iops", Shape::List(&Shape::Device(RATE))),
    field("device_write_bps", Shape::List(&Shape::Device(RATE))),
    field("device_write_iops", Shape::List(&Shape::Device(RATE))),
];

const WEIGHT: &[Field] = &[always("path", Shape::Text), always("weight", Shape::Number)];
const RATE: &[Field] = &[always("path", Shape::Text), always("rate", Shape::Text)];

const CREDENTIAL_SPEC: &[Field] = &[text("config"), text("file"), text("registry")];

const DEPENDENCY: &[Field] = &[text("condition"), flag("restart"), always("required", Shape::Flag)];

const DEPLOY: &[Field] = &[
    text("mode"),
    set("replicas", Shape::Number),
    pairs("labels"),
    set("update_config", Shape::Struct(UPDATE_CONFIG)),
    set("rollback_config", Shape::Struct(UPDATE_CONFIG)),
    in_json("resources", Shape::Struct(RESOURCES)),
    set("restart_policy", Shape::Struct(RESTART_POLICY)),
    in_json("placement", Shape::Struct(PLACEMENT)),
    text("endpoint_mode"),
];

const UPDATE_CONFIG: &[Field] = &[
    set("parallelism", Shape::Number),
    text("delay"),
    text("failure_action"),
    text("monitor"),
    field("max_failure_ratio", Shape::Single),
    text("order"),
];

const RESOURCES: &[Field] =
    &[set("limits", Shape::Struct(RESOURCE)), set("reservations", Shape::Struct(RESOURCE))];

const RESOURCE: &[Field] = &[
    field("cpus", Shape::Single),
    bytes("memory"),
    number("pids"),
    field("devices", Shape::List(&Shape::Struct(DEVICE_REQUEST))),
    field("generic_resources", Shape::List(&Shape::Struct(GENERIC_RESOURCE))),
];

const GENERIC_RESOURCE: &[Field] = &[set("discrete_resource_spec", Shape::Struct(DISCRETE))];
const DISCRETE: &[Field] = &[always("kind", Shape::Text), always("value", Shape::Number)];

const RESTART_POLICY: &[Field] = &[
    text("condition"),
    set("delay", Shape::Text),
    set("max_attempts", Shape::Number),
    set("window", Shape::Text),
];

const PLACEMENT: &[Field] = &[
    texts("constraints"),
    field("preferences", Shape::List(&Shape::Struct(PREFERENCE))),
    number("max_replicas_per_node"),
];

const PREFERENCE: &[Field] = &[text("spread")];

const DEVICE: &[Field] = &[text("source"), text("target"), text("permissions")];

const DEVICE_REQUEST: &[Field] = &[
    texts("capabilities"),
    text("driver"),
    number("count"),
    texts("device_ids"),
    pairs("options"),
];

const PROVIDER: &[Field] = &[text("type"), field("options", Shape::Map(&TEXTS))];

const ENV_FILE: &[Field] = &[text("path"), always("required", Shape::Flag), text("format")];

const HEALTHCHECK: &[Field] = &[
    texts("test"),
    set("timeout", Shape::Text),
    set("interval", Shape::Text),
    set("retries", Shape::Number),
    set("start_period", Shape::Text),
    set("start_interval", Shape::Text),
    flag("disable"),
];

const LOGGING: &[Field] = &[text("driver"), pairs("options")];

const SERVICE_MODEL: &[Field] = &[text("endpoint_var"), text("model_var")];

const SERVICE_NETWORK: &[Field] = &[
    texts("aliases"),
    pairs("driver_opts"),
    number("gw_priority"),
    text("interface_name"),
    text("ipv4_address"),
    text("ipv6_address"),
    texts("link_local_ips"),
    text("mac_address"),
    number("priority"),
];

const PORT: &[Field] = &[
    text("name"),
    text("mode"),
    text("host_ip"),
    number("target"),
    text("published"),
    text("protocol"),
    text("app_protocol"),
];

const FILE_REFERENCE: &[Field] =
    &[text("source"), text("target"), text("uid"), text("gid"), set("mode", Shape::Mode)];

const MOUNT: &[Field] = &[
    text("type"),
    text("source"),
    text("target"),
    flag("read_only"),
    text("consistency"),
    set("bind", Shape::Struct(BIND)),
    set("volume", Shape::Struct(VOLUME_OPTIONS)),
    set("tmpfs", Shape::Struct(TMPFS)),
    set("image", Shape::Struct(IMAGE)),
];

const BIND: &[Field] =
    &[text("selinux"), text("propagation"), flag("create_host_path"), text("recursive")];
const VOLUME_OPTIONS: &[Field] = &[pairs("labels"), flag("nocopy"), text("subpath")];
const TMPFS: &[Field] = &[bytes("size"), number("mode")];
const IMAGE: &[Field] = &[text("subpath")];

const NETWORK: &[Field] = &[
    text("name"),
    text("driver"),
    pairs("driver_opts"),
    in_json("ipam", Shape::Struct(IPAM)),
    flag("external"),
    flag("internal"),
    flag("attachable"),
    pairs("labels"),
    set("enable_ipv4", Shape::Flag),
    set("enable_ipv6", Shape::Flag),
];

const IPAM: &[Field] = &[text("driver"), field("config", Shape::List(&Shape::Struct(POOL)))];
const POOL: &[Field] = &[text("subnet"), text("gateway"), text("ip_range"), pairs("aux_addresses")];

const VOLUME: &[Field] =
    &[text("name"), text("driver"), pairs("driver_opts"), flag("external"), pairs("labels")];

const FILE_OBJECT: &[Field] = &[
    text("name"),
    text("file"),
    text("environment"),
    text("content"),
    flag("external"),
    pairs("labels"),
    text("driver"),
    pairs("driver_opts"),
    text("template_driver"),
];

const MODEL: &[Field] =
    &[text("name"), text("model"), number("context_size"), texts("runtime_flags")];
