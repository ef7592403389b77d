//! The homelab: hosts, groups, stacks, layers, policies; load and resolve. Pure.
