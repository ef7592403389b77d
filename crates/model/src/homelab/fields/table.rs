//! The table itself.

use super::{Field, Fields, Kind, Presence};

const FIRST: &str = "0.1";

/// A key that may be left out.
const fn field(
    key: &'static str,
    kind: Kind,
    default: &'static str,
    meaning: &'static str,
    example: &'static str,
) -> Field {
    Field { key, kind, presence: Presence::Free, default, since: FIRST, meaning, example }
}

/// A key that has to be there.
const fn required(
    key: &'static str,
    kind: Kind,
    meaning: &'static str,
    example: &'static str,
) -> Field {
    let presence = Presence::Needed;
    Field { key, kind, presence, default: "", since: FIRST, meaning, example }
}

/// Kinds of hosts.
pub(crate) const HOST_KINDS: &[&str] = &["docker", "kubernetes"];

/// Who makes graphics processors.
pub(crate) const GPU_VENDORS: &[&str] = &["nvidia", "amd", "intel"];

/// Architectures, as images name them.
pub(crate) const ARCHITECTURES: &[&str] =
    &["amd64", "arm64", "arm/v7", "arm/v6", "386", "riscv64", "ppc64le", "s390x"];

/// How much a finding of a rule matters.
pub(crate) const SEVERITIES: &[&str] = &["error", "warning", "note", "off"];

/// Every mapping with fixed keys, in the order of the manual.
pub static ALL: [&Fields; 11] =
    [&HOMELAB, &LAYER, &GROUP, &HOST, &STORAGE, &GPU, &STACK, &NETWORK, &POLICY, &ALLOW, &SECRETS];

/// The whole file.
pub static HOMELAB: Fields = Fields {
    path: "",
    title: "The file",
    fields: &[
        required(
            "homelab",
            Kind::Name,
            "The name of the homelab. What Hob makes on a host bears it, so that two homelabs can \
             share one",
            "my-home",
        ),
        field(
            "domain",
            Kind::Domain,
            "",
            "The domain that services live under. Nothing uses it yet",
            "example.com",
        ),
        field(
            "layers",
            Kind::List(&Kind::Either(&Kind::Pattern, &LAYER)),
            "`stacks/{stack}/compose.yaml`, `hosts/{host}/{stack}/compose.yaml`, \
             `hosts/{host}/compose.yaml`",
            "Where Compose files lie, lowest priority first",
            "[\"stacks/{stack}.yaml\", \"hosts/{host}/compose.yaml\"]",
        ),
        field(
            "groups",
            Kind::Names(&Kind::Fields(&GROUP)),
            "",
            "What several hosts have in common. Every host is in the group `all`",
            "{ all: { vars: { TZ: Europe/Oslo } } }",
        ),
        required(
            "hosts",
            Kind::Names(&Kind::Fields(&HOST)),
            "The machines",
            "{ nas: { connect: ssh://deploy@nas.lan, stacks: [photos] } }",
        ),
        field(
            "stacks",
            Kind::Names(&Kind::Fields(&STACK)),
            "",
            "What there is to say about stacks besides their Compose files",
            "{ photos: { project: pictures } }",
        ),
        field(
            "networks",
            Kind::Names(&Kind::Fields(&NETWORK)),
            "",
            "Networks that stacks share and call external. Hob makes them on every host where a \
             stack does",
            "{ proxy: {} }",
        ),
        field(
            "policy",
            Kind::Fields(&POLICY),
            "",
            "What is allowed, and what is said about it",
            "{ publish: [127.0.0.1] }",
        ),
        field(
            "secrets",
            Kind::Fields(&SECRETS),
            "",
            "Where encrypted values are",
            "{ files: [secrets.sops.yaml] }",
        ),
    ],
};

/// A layer that says more than its pattern.
pub static LAYER: Fields = Fields {
    path: "layers[]",
    title: "A layer",
    fields: &[
        required("files", Kind::Pattern, "Where the Compose files lie", "\"stacks/{stack}.yaml\""),
        field(
            "env_files",
            Kind::OneOrList(&Kind::Pattern),
            "`.env` beside the Compose file",
            "Files with variables, lowest priority first. Those that exist count, whether or not \
             the layer has a Compose file for the stack",
            "[env/common.env, \"env/{host}.env\"]",
        ),
    ],
};

/// A group.
pub static GROUP: Fields = Fields {
    path: "groups.*",
    title: "A group",
    fields: &[
        field(
            "stacks",
            Kind::List(&Kind::Name),
            "",
            "Stacks that each of its hosts runs",
            "[tailscale, watchtower]",
        ),
        field(
            "vars",
            Kind::Variables,
            "",
            "Variables for the stacks of its hosts",
            "{ TZ: Europe/Oslo }",
        ),
        field(
            "tags",
            Kind::List(&Kind::Name),
            "",
            "Words to select the stacks by that it names, on its hosts",
            "[base]",
        ),
    ],
};

/// A host.
pub static HOST: Fields = Fields {
    path: "hosts.*",
    title: "A host",
    fields: &[
        field(
            "kind",
            Kind::Choice(HOST_KINDS),
            "`docker`",
            "What runs its stacks. A host of kind `kubernetes` is shown and not managed yet: Hob \
             does not connect to it",
            "kubernetes",
        ),
        Field {
            key: "connect",
            kind: Kind::Connect,
            presence: Presence::NeededUnless("kind", "kubernetes"),
            default: "",
            since: FIRST,
            meaning: "How it is reached: `ssh://[user@]host[:port]` through the system's OpenSSH, \
                      so that your `~/.ssh/config`, agents and jump hosts work; `local`, or \
                      `local:///path/to/docker.sock`",
            example: "ssh://deploy@nas.example.com:2222",
        },
        field(
            "groups",
            Kind::List(&Kind::Name),
            "",
            "Its groups, besides `all`; later ones win",
            "[servers]",
        ),
        field(
            "stacks",
            Kind::List(&Kind::Name),
            "",
            "The stacks that it runs, besides those of its groups",
            "[photos, dns]",
        ),
        field("vars", Kind::Variables, "", "Variables for its stacks", "{ MEDIA: /mnt/media }"),
        field("root", Kind::AbsolutePath, "`/opt/hob`", "Hob's folder on it", "/srv/hob"),
        field(
            "storage",
            Kind::List(&Kind::Fields(&STORAGE)),
            "",
            "Where its data lie; `hob check` looks",
            "[{ path: /mnt/media, min_free: 50GiB }]",
        ),
        field(
            "memory",
            Kind::Size,
            "",
            "How much memory it has, so that limits can be compared with it before it is asked",
            "32GiB",
        ),
        field(
            "gpu",
            Kind::OneOrList(&Kind::Fields(&GPU)),
            "",
            "Its graphics processors",
            "{ vendor: nvidia, vram: 12GiB }",
        ),
        field(
            "arch",
            Kind::Choice(ARCHITECTURES),
            "",
            "Its architecture, as images name it",
            "arm64",
        ),
    ],
};

/// A path with data.
pub static STORAGE: Fields = Fields {
    path: "hosts.*.storage[]",
    title: "Storage of a host",
    fields: &[
        required("path", Kind::AbsolutePath, "A folder or mount of the host", "/mnt/media"),
        field("min_free", Kind::Size, "", "How much must stay free there", "50GiB"),
    ],
};

/// A graphics processor.
pub static GPU: Fields = Fields {
    path: "hosts.*.gpu",
    title: "A graphics processor of a host",
    fields: &[
        required("vendor", Kind::Choice(GPU_VENDORS), "Who made it", "nvidia"),
        field("vram", Kind::Size, "", "Its memory", "12GiB"),
        field("model", Kind::Text, "", "What it is called, for people", "RTX 3060"),
    ],
};

/// A stack.
pub static STACK: Fields = Fields {
    path: "stacks.*",
    title: "A stack",
    fields: &[
        field(
            "files",
            Kind::OneOrList(&Kind::Pattern),
            "what the layers find",
            "Its Compose files, lowest priority first",
            "[media/photos.yaml, \"media/photos.{host}.yaml\"]",
        ),
        field(
            "env_files",
            Kind::OneOrList(&Kind::Pattern),
            "the `.env` of each layer",
            "Its files with variables, lowest priority first; they must exist",
            "[media/photos.env]",
        ),
        field(
            "project",
            Kind::Project,
            "`name` in the Compose file, or the name of the stack",
            "The Compose project",
            "pictures",
        ),
        field("vars", Kind::Variables, "", "Variables for it on every host", "{ TAG: \"1.2\" }"),
        field(
            "tags",
            Kind::List(&Kind::Name),
            "",
            "Words to select it by, besides those of its Compose file",
            "[media]",
        ),
        field(
            "needs",
            Kind::List(&Kind::Need),
            "",
            "Stacks that must be in order before it begins, besides those of its Compose file",
            "[core, nas/storage]",
        ),
        field(
            "hosts",
            Kind::List(&Kind::Name),
            "",
            "Hosts that run it, besides those that name it themselves",
            "[nas]",
        ),
    ],
};

/// A network that stacks share.
pub static NETWORK: Fields = Fields {
    path: "networks.*",
    title: "A network",
    fields: &[
        field("driver", Kind::Text, "the Engine's: `bridge`", "Its driver", "macvlan"),
        field(
            "driver_opts",
            Kind::Map(&Kind::Scalar),
            "",
            "Options of the driver",
            "{ parent: eth0 }",
        ),
        field("internal", Kind::Boolean, "`false`", "Whether it leads nowhere outside", "true"),
        field(
            "attachable",
            Kind::Boolean,
            "`false`",
            "Whether containers of nobody's stack may join",
            "true",
        ),
        field("enable_ipv6", Kind::Boolean, "`false`", "Whether it has IPv6", "true"),
        field("subnet", Kind::Text, "what the Engine chooses", "Its addresses", "172.30.0.0/24"),
        field(
            "gateway",
            Kind::Text,
            "what the Engine chooses",
            "The Engine's own address in the subnet",
            "172.30.0.1",
        ),
        field("labels", Kind::Map(&Kind::Scalar), "", "Its labels", "{ owner: me }"),
    ],
};

/// What is allowed.
pub static POLICY: Fields = Fields {
    path: "policy",
    title: "Policy",
    fields: &[
        field(
            "publish",
            Kind::List(&Kind::Address),
            "",
            "Addresses, networks and interfaces on which ports may be published. A port on every \
             address is a warning unless `0.0.0.0` is listed",
            "[tailscale0, 127.0.0.1, 192.168.1.0/24]",
        ),
        field(
            "rules",
            Kind::Severities(SEVERITIES),
            "what the rule itself says",
            "How much findings matter, by their codes. An error stops every command; what is `off` \
             is not shown",
            "{ latest-tag: off, privileged: error }",
        ),
        field(
            "allow",
            Kind::List(&Kind::Fields(&ALLOW)),
            "",
            "Findings that are not shown, because what they are about is meant",
            "[{ rule: docker-socket, stack: portainer, reason: it manages containers }]",
        ),
    ],
};

/// What is meant.
pub static ALLOW: Fields = Fields {
    path: "policy.allow[]",
    title: "An exception",
    fields: &[
        required("rule", Kind::Rule, "The code of the finding", "docker-socket"),
        field(
            "path",
            Kind::Glob,
            "everywhere",
            "Where: a file, a folder with all that is in it, or a pattern: `*` is any part of a \
             name, `**` any folders",
            "stacks/old/**",
        ),
        field("host", Kind::Name, "every one", "On which host", "nas"),
        field("stack", Kind::Name, "every one", "In which stack", "photos"),
        field("service", Kind::Name, "every one", "In which service", "database"),
        required("reason", Kind::Text, "Why it is meant", "it manages containers"),
    ],
};

/// Encrypted values.
pub static SECRETS: Fields = Fields {
    path: "secrets",
    title: "Secrets",
    fields: &[field(
        "files",
        Kind::List(&Kind::Text),
        "",
        "Files with encrypted values, relative to the repository",
        "[secrets.sops.yaml]",
    )],
};
