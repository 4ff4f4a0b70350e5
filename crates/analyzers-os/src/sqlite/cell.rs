//! Cells of a table's leaf page, with the part of a row that lies on overflow pages (1.6).

use std::borrow::Cow;
use std::collections::HashSet;

use super::btree::take;
use super::error::Error;
use super::pager::Pager;
use super::value::varint;
use crate::bytes::Order;

/// One row.
#[derive(Debug)]
pub(super) struct Row<'a> {
    /// Its id.
    pub(super) id: i64,
    /// Its values, encoded.
    pub(super) payload: Cow<'a, [u8]>,
    /// How many bytes of them lie on the leaf page.
    pub(super) local: usize,
}

/// Reads the row whose cell starts `cell`, which goes on to the end of the page.
pub(super) fn row<'a>(
    pager: &Pager<'a>,
    seen: &mut HashSet<u32>,
    number: u32,
    cell: &'a [u8],
) -> Result<Row<'a>, Error> {
    let cut = || Error::page(number, "a cell goes on past the page");
    let (len, rest) = varint(cell).ok_or_else(cut)?;
    let (id, rest) = varint(rest).ok_or_else(cut)?;
    let id = i64::from_ne_bytes(id.to_ne_bytes());
    let len = usize::try_from(len).ok().filter(|len| *len <= pager.len());
    let len = len.ok_or(Error::Row { row: id, rule: "it is larger than the file" })?;
    let local = local_len(len, pager.usable());
    let (start, rest) = rest.split_at_checked(local).ok_or_else(cut)?;
    if local == len {
        return Ok(Row { id, payload: Cow::Borrowed(start), local });
    }
    let mut payload = Vec::with_capacity(len);
    payload.extend_from_slice(start);
    let mut next = Order::Big.u32(rest, 0).ok_or_else(cut)?;
    while payload.len() < len {
        if next == 0 {
            return Err(Error::Row { row: id, rule: "its chain of overflow pages ends too early" });
        }
        let page = take(pager, seen, next)?;
        next = Order::Big.u32(page, 0).unwrap_or_default();
        let part = page.get(4..).unwrap_or_default();
        let wanted = len.saturating_sub(payload.len()).min(part.len());
        payload.extend_from_slice(part.get(..wanted).unwrap_or_default());
    }
    Ok(Row { id, payload: Cow::Owned(payload), local })
}

/// Returns how many bytes of a row lie on the leaf page itself.
fn local_len(len: usize, usable: usize) -> usize {
    let most = usable.saturating_sub(35);
    if len <= most {
        return len;
    }
    let least = (usable.saturating_sub(12).saturating_mul(32) / 255).saturating_sub(23);
    let per_page = usable.saturating_sub(4).max(1);
    let fitting =
        least.saturating_add(len.saturating_sub(least).checked_rem(per_page).unwrap_or_default());
    if fitting <= most { fitting } else { least }
}

#[cfg(test)]
mod tests {
    use super::local_len;

    #[test]
    fn local_parts() {
        // Worked out by hand from the formulas of 1.6.
        for (len, usable, local) in [
            (0, 4096, 0),
            (4061, 4096, 4061),
            (4062, 4096, 489),
            (4581, 4096, 489),
            (4600, 4096, 508),
            (478, 512, 39),
        ] {
            assert_eq!(local_len(len, usable), local, "{len} {usable}");
        }
    }
}
