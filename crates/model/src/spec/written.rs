//! Specs written down: for the digest that decides, and for the record that explains.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{ContainerSpec, HealthCheck, Hook, InnerFile, Logging, NetworkSpec, VolumeSpec};
use crate::{digest::Digest, secret::Secret};

/// Version of the way specs are written down for their digest. It changes only when the meaning of
/// an unchanged spec changes; a new optional field does not count, since what is absent is not
/// written. That is why an upgrade of Hob restarts nothing.
pub const SPEC_DIGEST_VERSION: &str = "v1";

/// `v1:<sha256>`: identifies an effective specification across runs, machines and versions of Hob.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SpecDigest(String);

impl SpecDigest {
    fn of(written: &Value) -> Self {
        let digest = Digest::of(written.to_string().as_bytes());
        Self(format!("{SPEC_DIGEST_VERSION}:{digest}"))
    }

    /// As read from a label.
    pub fn from_label(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// As written to a label.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A container's spec without secrets, attribute by attribute, as it is kept on a host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SealedSpec(pub Map<String, Value>);

impl ContainerSpec {
    /// The digest that decides whether a container is still what it should be.
    pub fn digest(&self) -> SpecDigest {
        SpecDigest::of(&Value::Object(self.written(&|value| value.to_owned())))
    }

    /// The spec as it is kept on a host to explain a later difference: every value that may be a
    /// secret is replaced by what `seal` makes of it (a keyed digest).
    pub fn sealed(&self, seal: &dyn Fn(&str) -> String) -> SealedSpec {
        SealedSpec(self.written(seal))
    }

    fn written(&self, show: &dyn Fn(&str) -> String) -> Map<String, Value> {
        // Several to a line: there are so many.
        #[rustfmt::skip]
        let Self {
            image, build, command, entrypoint, env, labels, annotations, hostname, domainname,
            user, working_dir, cap_add, cap_drop, security_opt, privileged, read_only, init, tty,
            stdin_open, group_add, sysctls, ulimits, shm_bytes, extra_hosts, dns, dns_opt,
            dns_search, devices, device_requests, device_cgroup_rules, namespaces, cgroup_parent,
            runtime, storage_opt, mounts, volumes_from, files, network, ports, expose, restart,
            health, limits, blkio, logging, stop_signal, stop_grace, post_start, pre_stop,
            platform, content,
        } = self;
        let mut out = Writer { map: Map::new(), show };
        // In the order of the digest; each under its own name.
        macro_rules! put {
            ($($attribute:ident)*) => { $(out.put(stringify!($attribute), $attribute);)* };
        }
        put!(image);
        out.put("build", build.as_ref().map(|build| build.written(show)));
        out.shown_list("command", command.as_ref());
        out.shown_list("entrypoint", entrypoint.as_ref());
        out.shown_map("env", env);
        out.shown_map("labels", labels);
        out.shown_map("annotations", annotations);
        put!(hostname domainname user working_dir cap_add cap_drop security_opt privileged);
        put!(read_only);
        out.put("init", init.map(|on| if on { "on" } else { "off" }));
        put!(tty stdin_open group_add sysctls ulimits shm_bytes extra_hosts dns dns_opt dns_search);
        put!(devices device_requests device_cgroup_rules namespaces cgroup_parent runtime);
        put!(storage_opt mounts volumes_from);
        out.put("files", files.iter().map(owner_of_file).collect::<Map<String, Value>>());
        put!(network ports expose restart);
        if let Some(health) = health {
            out.health(health);
        }
        put!(limits blkio);
        if let Some(logging) = logging {
            out.logging(logging);
        }
        put!(stop_signal);
        out.put("stop_grace_ms", stop_grace.map(millis));
        out.hooks("post_start", post_start);
        out.hooks("pre_stop", pre_stop);
        put!(platform);
        // A file may hold nothing but a short password, which a plain digest would give away.
        let digests = content.iter().map(|(target, digest)| (target, digest.as_str()));
        let inner = files.iter().map(|(target, file)| (target, file.digest.as_str()));
        let digests = digests.chain(inner);
        out.shown("content", digests);
        out.map
    }
}

impl NetworkSpec {
    /// The digest that goes on the network as a label.
    pub fn digest(&self) -> SpecDigest {
        SpecDigest::of(&serde_json::to_value(self).unwrap_or_default())
    }
}

impl VolumeSpec {
    /// The digest that goes on the volume as a label.
    pub fn digest(&self) -> SpecDigest {
        let Self { driver, options, labels } = self;
        let mut out = Writer { map: Map::new(), show: &|value| value.to_owned() };
        out.put("driver", driver);
        out.shown_map("options", options);
        out.put("labels", labels);
        SpecDigest::of(&Value::Object(out.map))
    }
}

pub(super) struct Writer<'a> {
    pub(super) map: Map<String, Value>,
    pub(super) show: &'a dyn Fn(&str) -> String,
}

impl Writer<'_> {
    /// Writes an attribute unless it is absent: null, `false`, an empty list, map or object. (An
    /// attribute whose `false` or empty form differs from its absence is written in another form.)
    pub(super) fn put(&mut self, attribute: &str, value: impl Serialize) {
        // why: only string keys and plain values occur here, which JSON never refuses.
        let value = serde_json::to_value(value).unwrap_or_default();
        let absent = match &value {
            Value::Null | Value::Bool(false) => true,
            Value::Array(items) => items.is_empty(),
            Value::Object(entries) => entries.is_empty(),
            _ => false,
        };
        if !absent {
            self.map.insert(attribute.to_owned(), value);
        }
    }

    /// A list that may be empty on purpose: `command: []` is not the image's own command.
    fn shown_list(&mut self, attribute: &str, list: Option<&Vec<Secret<String>>>) {
        if let Some(list) = list {
            let shown = list.iter().map(|item| Value::String((self.show)(item.expose())));
            self.map.insert(attribute.to_owned(), Value::Array(shown.collect()));
        }
    }

    pub(super) fn shown_map<'b>(
        &mut self,
        attribute: &str,
        map: impl IntoIterator<Item = (&'b String, &'b Secret<String>)>,
    ) {
        self.shown(attribute, map.into_iter().map(|(key, value)| (key, value.expose().as_str())));
    }

    pub(super) fn shown<'b>(
        &mut self,
        attribute: &str,
        map: impl Iterator<Item = (&'b String, &'b str)>,
    ) {
        let shown: Map<String, Value> =
            map.map(|(key, value)| (key.clone(), Value::String((self.show)(value)))).collect();
        self.put(attribute, shown);
    }

    fn health(&mut self, check: &HealthCheck) {
        let HealthCheck { test, interval, timeout, retries, start_period, start_interval } = check;
        let mut inner = Writer { map: Map::new(), show: self.show };
        inner.shown_list("test", test.as_ref());
        inner.put("interval_ms", interval.map(millis));
        inner.put("timeout_ms", timeout.map(millis));
        inner.put("retries", retries);
        inner.put("start_period_ms", start_period.map(millis));
        inner.put("start_interval_ms", start_interval.map(millis));
        let map = inner.map;
        self.put("health", map);
    }

    fn hooks(&mut self, attribute: &str, hooks: &[Hook]) {
        let one = |hook: &Hook| {
            let Hook { command, user, privileged, working_dir, env } = hook;
            let mut inner = Writer { map: Map::new(), show: self.show };
            inner.shown_list("command", Some(command));
            inner.put("user", user);
            inner.put("privileged", privileged);
            inner.put("working_dir", working_dir);
            inner.shown_map("env", env);
            Value::Object(inner.map)
        };
        let hooks: Vec<Value> = hooks.iter().map(one).collect();
        self.put(attribute, hooks);
    }

    fn logging(&mut self, logging: &Logging) {
        let Logging { driver, options } = logging;
        let mut inner = Writer { map: Map::new(), show: self.show };
        inner.put("driver", driver);
        inner.shown_map("options", options);
        let map = inner.map;
        self.put("logging", map);
    }
}

/// What stays the same whatever is in the file: that is written with all other content.
fn owner_of_file((target, file): (&String, &InnerFile)) -> (String, Value) {
    let InnerFile { digest: _, content: _, uid, gid, mode } = file;
    (target.clone(), Value::String(format!("{uid}:{gid} {mode:o}")))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
