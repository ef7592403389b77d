//! The hob command.
