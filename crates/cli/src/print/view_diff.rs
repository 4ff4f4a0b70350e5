//! The differences of two images, for programs and for people.

use cutaway::{DifferenceReport, file_changes};
use cutaway_files::Comparison;

use super::counted;
use super::view::Output;
use crate::failure::Failure;

/// Writes the differences as JSON.
pub(crate) fn write_json(
    out: &mut Output,
    answer: &DifferenceReport<'_>,
    comparison: &Comparison<'_>,
) -> Result<(), Failure> {
    let head = super::json(answer)?;
    // The files become its last key.
    out.document(head.strip_suffix(b"\n}\n").unwrap_or(&head))?;
    out.text(",\n  \"files\": [")?;
    let mut first = true;
    for change in file_changes(comparison) {
        out.text(if first { "\n    " } else { ",\n    " })?;
        first = false;
        out.document(&super::json_line(&change)?)?;
    }
    out.text(if first { "]\n}\n" } else { "\n  ]\n}\n" })
}

/// Writes the differences as text.
pub(crate) fn write_text(
    out: &mut Output,
    answer: &DifferenceReport<'_>,
    comparison: &Comparison<'_>,
) -> Result<(), Failure> {
    let style = out.style;
    out.text(&answer.text(style))?;
    let count = file_changes(comparison).count();
    out.text(&format!("\n{}\n", style.bold(&format!("files: {}", counted(count, "difference")))))?;
    for change in file_changes(comparison) {
        out.text(&change.text(style))?;
        out.text("\n")?;
    }
    Ok(())
}
