//! The files of an image.

mod layer;
mod passing;
mod relay;
mod task;

pub use layer::{Companion, Measured, Progress, ReadError, Source};
pub use passing::{Given, pass};
pub use relay::LaneReader;
pub use task::{Task, on_task};
