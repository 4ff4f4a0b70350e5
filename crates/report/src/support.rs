//! When support of a distribution ends: the table `data/support.tsv`, which has a source and a day for each row.

/// The table.
const TABLE: &str = include_str!("../data/support.tsv");

/// When support of a release of a distribution ends. Days are written as `2026-06-10`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SupportEnd {
    /// The last day of regular support.
    pub eol: &'static str,
    /// The last day of long-term support, where there is such: Debian's LTS, Ubuntu's ESM.
    pub lts: Option<&'static str>,
    /// The last day of what is paid for beyond: ELTS, legacy support.
    pub elts: Option<&'static str>,
    /// Where that is from.
    pub source: &'static str,
    /// The day on which the row was written.
    pub day: &'static str,
}

impl SupportEnd {
    /// Finds a release by the `ID` and `VERSION_ID` of a distribution; CentOS Stream, which has those of
    /// CentOS, by its `PRETTY_NAME`.
    pub fn of(id: &str, version_id: &str, pretty_name: Option<&str>) -> Option<Self> {
        let is_stream = pretty_name.is_some_and(|name| name.starts_with("CentOS Stream"));
        let id = if id == "centos" && is_stream { "centos-stream" } else { id };
        rows()
            .find(|(known, version, _)| *known == id && covers(version, version_id))
            .map(|it| it.2)
    }

    /// Returns the last day of regular support: that of the table or that which the distribution states
    /// (`SUPPORT_END`), the earlier one of both.
    pub fn eol(
        id: &str,
        version_id: Option<&str>,
        pretty_name: Option<&str>,
        stated: Option<&str>,
    ) -> Option<String> {
        let listed = version_id.and_then(|version| Self::of(id, version, pretty_name));
        let stated = stated.filter(|day| is_day(day));
        listed.map(|row| row.eol).into_iter().chain(stated).min().map(str::to_owned)
    }
}

fn rows() -> impl Iterator<Item = (&'static str, &'static str, SupportEnd)> {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| {
        let mut columns = line.split('\t');
        let (id, version, eol) = (columns.next()?, columns.next()?, columns.next()?);
        let mut known = || columns.next().filter(|column| *column != "-");
        let (lts, elts) = (known(), known());
        let (source, day) = (columns.next()?, columns.next()?);
        Some((id, version, SupportEnd { eol, lts, elts, source, day }))
    })
}

/// Returns whether a version of the table, which may end in `.*`, is that of a distribution.
fn covers(known: &str, version: &str) -> bool {
    match known.strip_suffix(".*") {
        Some(known) => {
            let rest = version.strip_prefix(known);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        }
        None => known == version,
    }
}

/// Returns whether a text is a day, as `2026-06-10`.
fn is_day(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_whole_and_stands_once() {
        let lines = TABLE.lines().filter(|line| !line.starts_with('#')).count();
        let rows: Vec<_> = rows().collect();
        assert_eq!(rows.len(), lines);
        assert!(lines > 100);
        let mut names: Vec<_> = rows.iter().map(|(id, version, _)| (id, version)).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), lines);
        for (id, version, row) in rows {
            let days = [Some(row.eol), row.lts, row.elts, Some(row.day)];
            assert!(days.into_iter().flatten().all(is_day), "{id} {version}");
            assert!(
                row.source.starts_with("https://") || row.source.contains(' '),
                "{id} {version}"
            );
        }
    }

    #[test]
    fn releases() {
        for (id, version, pretty, stated, expected) in [
            ("debian", Some("12"), None, None, Some("2026-07-11")),
            ("debian", Some("12.5"), None, None, Some("2026-07-11")),
            ("debian", Some("1"), None, None, None),
            ("debian", None, None, None, None),
            ("ubuntu", Some("22.04"), None, None, Some("2027-06-01")),
            ("ubuntu", Some("22.04.1"), None, None, None),
            ("alpine", Some("3.18.4"), None, None, Some("2025-05-09")),
            ("alpine", Some("3.1"), None, None, None),
            ("rhel", Some("8.5"), None, None, Some("2029-05-31")),
            ("rhel", Some("80"), None, None, None),
            ("centos", Some("8"), Some("CentOS Linux 8"), None, Some("2021-12-31")),
            ("centos", Some("8"), Some("CentOS Stream 8"), None, Some("2024-05-31")),
            ("fedora", Some("39"), None, Some("2024-11-12"), Some("2024-11-12")),
            ("fedora", Some("39"), None, Some("2030-01-01"), Some("2024-11-26")),
            ("fedora", Some("39"), None, Some("soon"), Some("2024-11-26")),
            ("nobody", None, None, Some("2031-02-28"), Some("2031-02-28")),
            ("nobody", None, None, Some("2031-02-30"), None),
            ("sles", Some("15.99"), None, None, None),
        ] {
            let found = SupportEnd::eol(id, version, pretty, stated);
            assert_eq!(found.as_deref(), expected, "{id} {version:?}");
        }
    }
}
