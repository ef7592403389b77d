//! Observe all hosts, check, apply, verify.
