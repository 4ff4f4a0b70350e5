//! x
use anyhow::Result;
pub(crate) fn run(_rounds: usize) -> Result<()> {
    Ok(())
}
pub(crate) fn floor(_archive: &std::path::Path) -> Result<()> {
    Ok(())
}
