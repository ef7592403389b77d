//! The structured parts of services, attribute by attribute.

use super::shape::*;

pub(super) const BUILD: Shape = Shape::Either(&[
    TEXT,
    Shape::Object(&Object {
        fields: &[
            field("additional_contexts", LIST_OR_MAP),
            field("args", LIST_OR_MAP),
            field("cache_from", TEXTS),
            field("cache_to", TEXTS),
            field("context", TEXT),
            field("dockerfile", TEXT),
            field("dockerfile_inline", TEXT),
            field("entitlements", TEXTS),
            field("extra_hosts", EXTRA_HOSTS),
            field("isolation", TEXT),
            field("labels", LIST_OR_MAP),
            field("network", TEXT),
            field("no_cache", BOOL_OR_TEXT),
            field("no_cache_filter", TEXT_OR_TEXTS),
            field("platforms", TEXTS),
            field("privileged", BOOL_OR_TEXT),
            field("provenance", BOOL_OR_TEXT),
            field("pull", BOOL_OR_TEXT),
            field("sbom", BOOL_OR_TEXT),
            field("secrets", FILE_REFERENCES),
            field("shm_size", INT_OR_TEXT),
            field("ssh", LIST_OR_MAP),
            field("tags", TEXTS),
            field("target", TEXT),
            field("ulimits", ULIMITS),
        ],
        required: &[],
    }),
]);

pub(super) const EXTRA_HOSTS: Shape =
    Shape::Either(&[Shape::Map(&Shape::Either(&[TEXT, TEXTS])), TEXT_SET]);

const BLKIO_LIMIT: Shape = Shape::List(&Shape::Object(&Object {
    fields: &[field("path", TEXT), field("rate", INT_OR_TEXT)],
    required: &[],
}));

pub(super) const BLKIO: Shape = Shape::Object(&Object {
    fields: &[
        field("device_read_bps", BLKIO_LIMIT),
        field("device_read_iops", BLKIO_LIMIT),
        field("device_write_bps", BLKIO_LIMIT),
        field("device_write_iops", BLKIO_LIMIT),
        field("weight", INT),
        field(
            "weight_device",
            Shape::List(&Shape::Object(&Object {
                fields: &[field("path", TEXT), field("weight", INT)],
                required: &[],
            })),
        ),
    ],
    required: &[],
});

pub(super) const CREDENTIAL_SPEC: Shape = Shape::Object(&Object {
    fields: &[field("config", TEXT), field("file", TEXT), field("registry", TEXT)],
    required: &[],
});

pub(super) const DEPENDS_ON: Shape = Shape::Either(&[
    TEXT_SET,
    Shape::Named(&Shape::Object(&Object {
        fields: &[
            field(
                "condition",
                Shape::Choice(&[
                    "service_started",
                    "service_healthy",
                    "service_completed_successfully",
                ]),
            ),
            field("required", BOOL),
            field("restart", BOOL_OR_TEXT),
        ],
        required: &["condition"],
    })),
]);

pub(super) const DEVICES: Shape = Shape::List(&Shape::Either(&[
    TEXT,
    Shape::Object(&Object {
        fields: &[field("source", TEXT), field("target", TEXT), field("permissions", TEXT)],
        required: &["source"],
    }),
]));

pub(super) const ENV_FILE: Shape = Shape::Either(&[
    TEXT,
    Shape::List(&Shape::Either(&[
        TEXT,
        Shape::Object(&Object {
            fields: &[field("path", TEXT), field("format", TEXT), field("required", BOOL_OR_TEXT)],
            required: &["path"],
        }),
    ])),
]);

pub(super) const EXTENDS: Shape = Shape::Either(&[
    TEXT,
    Shape::Object(&Object {
        fields: &[field("service", TEXT), field("file", TEXT)],
        required: &["service"],
    }),
]);

pub(super) const PROVIDER: Shape = Shape::Object(&Object {
    fields: &[field("type", TEXT), field("options", Shape::Map(&PLAIN_OR_LIST))],
    required: &["type"],
});

pub(super) const HEALTHCHECK: Shape = Shape::Object(&Object {
    fields: &[
        field("disable", BOOL_OR_TEXT),
        field("interval", TEXT),
        field("retries", NUMBER_OR_TEXT),
        field("start_interval", TEXT),
        field("start_period", TEXT),
        field("test", Shape::Either(&[TEXT, TEXTS])),
        field("timeout", TEXT),
    ],
    required: &[],
});

pub(super) const LOGGING: Shape = Shape::Object(&Object {
    fields: &[
        field("driver", TEXT),
        field("options", Shape::Map(&Shape::Either(&[NUMBER_OR_TEXT, NULL]))),
    ],
    required: &[],
});

pub(super) const SERVICE_MODELS: Shape = Shape::Either(&[
    TEXT_SET,
    Shape::Named(&Shape::Either(&[
        Shape::Object(&Object {
            fields: &[field("endpoint_var", TEXT), field("model_var", TEXT)],
            required: &[],
        }),
        NULL,
    ])),
]);

pub(super) const SERVICE_NETWORKS: Shape = Shape::Either(&[
    TEXT_SET,
    Shape::Named(&Shape::Either(&[
        Shape::Object(&Object {
            fields: &[
                field("aliases", TEXT_SET),
                field("driver_opts", OPTIONS),
                field("gw_priority", NUMBER),
                field("interface_name", TEXT),
                field("ipv4_address", TEXT),
                field("ipv6_address", TEXT),
                field("link_local_ips", TEXT_SET),
                field("mac_address", TEXT),
                field("priority", NUMBER),
            ],
            required: &[],
        }),
        NULL,
    ])),
]);

pub(super) const PORTS: Shape = Shape::Set(&Shape::Either(&[
    NUMBER_OR_TEXT,
    Shape::Object(&Object {
        fields: &[
            field("app_protocol", TEXT),
            field("host_ip", TEXT),
            field("mode", TEXT),
            field("name", TEXT),
            field("protocol", TEXT),
            field("published", INT_OR_TEXT),
            field("target", INT_OR_TEXT),
        ],
        required: &[],
    }),
]));

pub(super) const HOOKS: Shape = Shape::List(&HOOK);

const HOOK: Shape = Shape::Object(&Object {
    fields: &[
        field("command", COMMAND),
        field("environment", LIST_OR_MAP),
        field("privileged", BOOL_OR_TEXT),
        field("user", TEXT),
        field("working_dir", TEXT),
    ],
    required: &["command"],
});

/// Containers that run before the service; an image may bring its command.
pub(super) const PRE_START: Shape = Shape::List(&Shape::Object(&Object {
    fields: &[
        field("command", COMMAND),
        field("environment", LIST_OR_MAP),
        field("image", TEXT),
        field("per_replica", BOOL_OR_TEXT),
        field("privileged", BOOL_OR_TEXT),
        field("user", TEXT),
        field("working_dir", TEXT),
    ],
    required: &[],
}));

pub(super) const VOLUMES: Shape = Shape::Set(&Shape::Either(&[
    TEXT,
    Shape::Object(&Object {
        fields: &[
            field("bind", VOLUME_BIND),
            field("consistency", TEXT),
            field(
                "image",
                Shape::Object(&Object { fields: &[field("subpath", TEXT)], required: &[] }),
            ),
            field("read_only", BOOL_OR_TEXT),
            field("source", TEXT),
            field("target", TEXT),
            field(
                "tmpfs",
                Shape::Object(&Object {
                    fields: &[field("mode", NUMBER), field("size", COUNT_OR_TEXT)],
                    required: &[],
                }),
            ),
            field("type", Shape::Choice(&["bind", "volume", "tmpfs", "cluster", "npipe", "image"])),
            field("volume", VOLUME_VOLUME),
        ],
        required: &["type"],
    }),
]));

const VOLUME_BIND: Shape = Shape::Object(&Object {
    fields: &[
        field("create_host_path", BOOL_OR_TEXT),
        field("propagation", TEXT),
        field("recursive", Shape::Choice(&["enabled", "disabled", "writable", "readonly"])),
        field("selinux", Shape::Choice(&["z", "Z"])),
    ],
    required: &[],
});

const VOLUME_VOLUME: Shape = Shape::Object(&Object {
    fields: &[field("labels", LIST_OR_MAP), field("nocopy", BOOL_OR_TEXT), field("subpath", TEXT)],
    required: &[],
});

pub(super) const DEVELOP: Shape = Shape::Either(&[
    Shape::Object(&Object {
        fields: &[field(
            "watch",
            Shape::List(&Shape::Object(&Object {
                fields: &[
                    field(
                        "action",
                        Shape::Choice(&["rebuild", "sync", "restart", "sync+restart", "sync+exec"]),
                    ),
                    field("exec", HOOK),
                    field("ignore", TEXT_OR_TEXTS),
                    field("include", TEXT_OR_TEXTS),
                    field("initial_sync", BOOL_OR_TEXT),
                    field("path", TEXT),
                    field("target", TEXT),
                ],
                required: &["path", "action"],
            })),
        )],
        required: &[],
    }),
    NULL,
]);

pub(super) const FILE_REFERENCES: Shape = Shape::List(&Shape::Either(&[
    TEXT,
    Shape::Object(&Object {
        fields: &[
            field("gid", TEXT),
            field("mode", NUMBER_OR_TEXT),
            field("source", TEXT),
            field("target", TEXT),
            field("uid", TEXT),
        ],
        required: &[],
    }),
]));

pub(super) const ULIMITS: Shape = Shape::Map(&Shape::Either(&[
    INT_OR_TEXT,
    Shape::Object(&Object {
        fields: &[field("hard", INT_OR_TEXT), field("soft", INT_OR_TEXT)],
        required: &["soft", "hard"],
    }),
]));
