//! The hosts: observe, perform, files, exec, logs, facts, over a local socket or SSH.
