//! The crate as a program of somebody else uses it.

mod examples;
mod registry;
mod untold;
