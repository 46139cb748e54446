//! Thin handlers: extract, call one domain function, convert.

pub mod endpoint;
