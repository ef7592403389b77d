//! `deploy` and device requests, attribute by attribute.

use super::shape::*;

const ROLLOUT: Shape = Shape::Object(&Object {
    fields: &[
        field("delay", TEXT),
        field("failure_action", TEXT),
        field("max_failure_ratio", NUMBER_OR_TEXT),
        field("monitor", TEXT),
        field("order", Shape::Choice(&["start-first", "stop-first"])),
        field("parallelism", INT_OR_TEXT),
    ],
    required: &[],
});

const DEVICE_REQUEST_FIELDS: &[Field] = &[
    field("capabilities", TEXT_SET),
    field("count", INT_OR_TEXT),
    field("device_ids", TEXT_SET),
    field("driver", TEXT),
    field("options", LIST_OR_MAP),
];

pub(super) const GPUS: Shape = Shape::Either(&[
    Shape::Choice(&["all"]),
    Shape::List(&Shape::Object(&Object { fields: DEVICE_REQUEST_FIELDS, required: &[] })),
]);

const RESOURCES: Shape = Shape::Object(&Object {
    fields: &[
        field(
            "limits",
            Shape::Object(&Object {
                fields: &[
                    field("cpus", NUMBER_OR_TEXT),
                    field("memory", TEXT),
                    field("pids", INT_OR_TEXT),
                ],
                required: &[],
            }),
        ),
        field("reservations", RESERVATIONS),
    ],
    required: &[],
});

const RESERVATIONS: Shape = Shape::Object(&Object {
    fields: &[
        inert("cpus", NUMBER_OR_TEXT, "the Engine keeps no processor time free"),
        field(
            "devices",
            Shape::List(&Shape::Object(&Object {
                fields: DEVICE_REQUEST_FIELDS,
                required: &["capabilities"],
            })),
        ),
        inert(
            "generic_resources",
            Shape::List(&Shape::Object(&Object {
                fields: &[field(
                    "discrete_resource_spec",
                    Shape::Object(&Object {
                        fields: &[field("kind", TEXT), field("value", NUMBER_OR_TEXT)],
                        required: &[],
                    }),
                )],
                required: &[],
            })),
            SWARM,
        ),
        field("memory", TEXT),
    ],
    required: &[],
});

pub(super) const DEPLOY: Shape = Shape::Either(&[
    Shape::Object(&Object {
        fields: &[
            inert("endpoint_mode", TEXT, SWARM),
            inert("labels", LIST_OR_MAP, SWARM),
            inert("mode", TEXT, SWARM),
            inert(
                "placement",
                Shape::Object(&Object {
                    fields: &[
                        field("constraints", TEXTS),
                        field("max_replicas_per_node", INT_OR_TEXT),
                        field(
                            "preferences",
                            Shape::List(&Shape::Object(&Object {
                                fields: &[field("spread", TEXT)],
                                required: &[],
                            })),
                        ),
                    ],
                    required: &[],
                }),
                SWARM,
            ),
            field("replicas", INT_OR_TEXT),
            field("resources", RESOURCES),
            field(
                "restart_policy",
                Shape::Object(&Object {
                    fields: &[
                        field("condition", TEXT),
                        inert("delay", TEXT, "the Engine waits longer after each failure"),
                        field("max_attempts", INT_OR_TEXT),
                        inert("window", TEXT, SWARM),
                    ],
                    required: &[],
                }),
            ),
            inert("rollback_config", ROLLOUT, SWARM),
            inert("update_config", ROLLOUT, SWARM),
        ],
        required: &[],
    }),
    NULL,
]);
