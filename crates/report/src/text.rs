//! Reports as text for people: tables, headings and what to know.
//!
//! Control characters, and what turns the direction of writing, are escaped in everything that an
//! image says. Nothing is cut but the last column, and only where a [`Style`] has a width.

mod diagnostics;
mod inspection;
mod owned;
mod scan;
mod style;
mod table;
mod vulnerabilities;

pub use diagnostics::diagnostics;
pub use inspection::inspection;
pub use scan::report;
pub use style::Style;
pub use table::{Column, Table, escape};
pub use vulnerabilities::matched;
