//! Sizes, as people read them.

/// Writes a number of bytes as people read it, such as `1.5 KiB`: at most three digits count.
#[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "three digits are shown")]
pub fn size_text(count: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if count < 1024 {
        return format!("{count} B");
    }
    let mut value = count as f64 / 1024.0;
    let mut units = UNITS.iter();
    let mut unit = units.next().unwrap_or(&"KiB");
    for next in units {
        if value < 1000.0 {
            break;
        }
        value /= 1024.0;
        unit = next;
    }
    if value < 10.0 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") }
}

/// Returns a number and what it counts, whose plural ends in an s.
pub fn counted(count: usize, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (count, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1536, "1.5 KiB"),
            (30 << 20, "30 MiB"),
            (1 << 30, "1.0 GiB"),
        ] {
            assert_eq!(size_text(count), text);
        }
    }
}
