//! The Compose Specification: parse with spans, interpolate, include, extend, merge, normalise. Pure.
