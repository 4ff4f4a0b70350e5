//! Tables of contents, read.

mod limits;
mod tables;
