//! The top-level sections, attribute by attribute.

use super::shape::*;

const EXTERNAL: Shape = Shape::Either(&[
    BOOL_OR_TEXT,
    Shape::Object(&Object { fields: &[field("name", TEXT)], required: &[] }),
]);

pub(super) const NETWORK: Shape = Shape::Either(&[
    Shape::Object(&Object {
        fields: &[
            field("attachable", BOOL_OR_TEXT),
            field("driver", TEXT),
            field("driver_opts", OPTIONS),
            field("enable_ipv4", BOOL_OR_TEXT),
            field("enable_ipv6", BOOL_OR_TEXT),
            field("external", EXTERNAL),
            field("internal", BOOL_OR_TEXT),
            field("ipam", IPAM),
            field("labels", LIST_OR_MAP),
            field("name", TEXT),
        ],
        required: &[],
    }),
    NULL,
]);

const IPAM: Shape = Shape::Object(&Object {
    fields: &[
        field(
            "config",
            Shape::List(&Shape::Object(&Object {
                fields: &[
                    field("aux_addresses", Shape::Map(&TEXT)),
                    field("gateway", TEXT),
                    field("ip_range", TEXT),
                    field("subnet", TEXT),
                ],
                required: &[],
            })),
        ),
        field("driver", TEXT),
        field("options", Shape::Map(&TEXT)),
    ],
    required: &[],
});

pub(super) const VOLUME: Shape = Shape::Either(&[
    Shape::Object(&Object {
        fields: &[
            field("driver", TEXT),
            field("driver_opts", OPTIONS),
            field("external", EXTERNAL),
            field("labels", LIST_OR_MAP),
            field("name", TEXT),
        ],
        required: &[],
    }),
    NULL,
]);

pub(super) const SECRET: Shape = Shape::Object(&Object {
    fields: &[
        refused("driver", TEXT, SWARM),
        refused("driver_opts", OPTIONS, SWARM),
        field("environment", TEXT),
        refused("external", EXTERNAL, SWARM),
        field("file", TEXT),
        field("labels", LIST_OR_MAP),
        field("name", TEXT),
        refused("template_driver", TEXT, SWARM),
    ],
    required: &[],
});

pub(super) const CONFIG: Shape = Shape::Object(&Object {
    fields: &[
        field("content", TEXT),
        field("environment", TEXT),
        refused("external", EXTERNAL, SWARM),
        field("file", TEXT),
        field("labels", LIST_OR_MAP),
        field("name", TEXT),
        refused("template_driver", TEXT, SWARM),
    ],
    required: &[],
});

pub(super) const MODEL: Shape = Shape::Object(&Object {
    fields: &[
        field("context_size", INT),
        field("model", TEXT),
        field("name", TEXT),
        field("runtime_flags", TEXTS),
    ],
    required: &["model"],
});

pub(super) const INCLUDE: Shape = Shape::List(&Shape::Either(&[
    TEXT_OR_NULL,
    Shape::Object(&Object {
        fields: &[
            field("env_file", TEXT_OR_TEXTS),
            field("path", TEXT_OR_TEXTS),
            field("project_directory", TEXT),
        ],
        required: &[],
    }),
]));
