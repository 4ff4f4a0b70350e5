//! Conditions on files as people write them.

use cutaway_files::{Filter, Owner, Patterns};
use cutaway_layerfs::Kind;
use cutaway_report::parse_time;
use cutaway_tar::Escaped;

use crate::error::Error;
use crate::limits::parse_size;

/// What `find` takes, as it was written. All that is set has to be met.
#[derive(Debug, Clone, Default)]
pub struct Conditions<'a> {
    /// Patterns, one of which has to match.
    pub names: &'a [String],
    /// What it may be.
    pub kinds: Vec<Kind>,
    /// Bytes: at least `+N`, at most `-N`, exactly `N`; `N` may have a unit.
    pub sizes: &'a [String],
    /// The owner, by number or name.
    pub owner: Option<&'a str>,
    /// The group, by number or name.
    pub group: Option<&'a str>,
    /// Mode bits in octal: all of `-BITS`, any of `/BITS`.
    pub perm: Option<&'a str>,
    /// A time after which it was modified.
    pub newer: Option<&'a str>,
    /// The layer that put it there.
    pub layer: Option<usize>,
}

impl Conditions<'_> {
    /// Reads the conditions.
    ///
    /// # Errors
    ///
    /// Returns which of them is none, and what one looks like.
    pub fn filter(self) -> Result<Filter, Error> {
        let mut filter = Filter { kinds: self.kinds, layer: self.layer, ..Filter::default() };
        if !self.names.is_empty() {
            filter.names = Some(Patterns::new(self.names).map_err(Error::Usage)?);
        }
        for size in self.sizes {
            let (sign, number) = match size.split_at_checked(1) {
                Some((sign @ ("+" | "-"), number)) => (sign, number),
                _ => ("", size.as_str()),
            };
            let bytes = parse_size(number).map_err(|rule| wrong("size", size, rule))?;
            if sign != "-" {
                filter.min_size = Some(filter.min_size.map_or(bytes, |min| min.max(bytes)));
            }
            if sign != "+" {
                filter.max_size = Some(filter.max_size.map_or(bytes, |max| max.min(bytes)));
            }
        }
        filter.user = self.owner.map(owner);
        filter.group = self.group.map(owner);
        if let Some(perm) = self.perm {
            let (sign, octal) = perm.split_at_checked(1).unwrap_or_default();
            let bits = u32::from_str_radix(octal, 8).ok().filter(|bits| *bits <= 0o7777);
            match (sign, bits) {
                ("-", Some(bits)) => filter.all_mode = Some(bits),
                ("/", Some(bits)) => filter.any_mode = Some(bits),
                _ => {
                    let rule = "mode bits are -BITS or /BITS in octal, such as -4000";
                    return Err(wrong("perm", perm, rule));
                }
            }
        }
        let newer = self.newer.map(parse_time).transpose();
        filter.newer = newer.map_err(|rule| Error::Usage(format!("--newer: {rule}")))?;
        Ok(filter)
    }
}

fn owner(name: &str) -> Owner {
    name.parse().map_or_else(|_| Owner::Name(name.as_bytes().to_vec()), Owner::Id)
}

fn wrong(option: &str, value: &str, rule: &str) -> Error {
    Error::Usage(format!("--{option} {}: {rule}", Escaped::name(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_modes_and_owners() {
        let sizes = ["+1KiB", "-4096", "-1MiB"].map(str::to_owned);
        let conditions = Conditions {
            sizes: &sizes,
            perm: Some("-4000"),
            owner: Some("0"),
            group: Some("shadow"),
            newer: Some("1970-01-02"),
            ..Conditions::default()
        };
        let filter = conditions.filter().unwrap();
        assert_eq!((filter.min_size, filter.max_size), (Some(1024), Some(4096)));
        assert_eq!((filter.all_mode, filter.any_mode), (Some(0o4000), None));
        assert_eq!(filter.user, Some(Owner::Id(0)));
        assert_eq!(filter.group, Some(Owner::Name(b"shadow".to_vec())));
        assert_eq!(filter.newer, Some(86_400));
    }

    #[test]
    fn what_is_none_is_named() {
        let sizes = ["+1XB".to_owned()];
        for (conditions, said) in [
            (Conditions { sizes: &sizes, ..Conditions::default() }, "--size +1XB: "),
            (Conditions { perm: Some("4000"), ..Conditions::default() }, "--perm 4000: mode bits"),
            (Conditions { perm: Some("/99999"), ..Conditions::default() }, "--perm /99999: "),
            (Conditions { newer: Some("yesterday"), ..Conditions::default() }, "--newer: "),
        ] {
            let error = conditions.filter().unwrap_err().to_string();
            assert!(error.starts_with(said), "{error}");
        }
    }
}
