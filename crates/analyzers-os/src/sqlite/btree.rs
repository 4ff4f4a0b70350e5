//! Table B-trees (1.6): a walk over the rows of a tree, in the order of their ids.

use std::collections::HashSet;

use super::cell::{self, Row};
use super::error::Error;
use super::pager::{HEADER, Pager};
use crate::bytes::Order;

const INTERIOR: u8 = 0x05;
const LEAF: u8 = 0x0d;

/// A walk over one tree after another. A page that was met before is an error, so it always ends.
#[derive(Debug)]
pub(super) struct Walk<'p, 'a> {
    pager: &'p Pager<'a>,
    /// Pages that were met; in a sound file each belongs to one tree, once.
    seen: HashSet<u32>,
    /// What is still to be visited, the next one last.
    stack: Vec<Step<'a>>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    /// A page, not yet looked at.
    Page(u32),
    /// The rest of a leaf's cells.
    Leaf {
        number: u32,
        page: &'a [u8],
        next: usize,
        end: usize,
        /// How many bytes the cells to come can have, unless they overlap.
        room: usize,
    },
}

impl<'p, 'a> Walk<'p, 'a> {
    /// Makes a walk that has nothing to visit yet.
    pub(super) fn new(pager: &'p Pager<'a>) -> Self {
        Self { pager, seen: HashSet::new(), stack: Vec::new() }
    }

    /// Sets out at the root of a tree.
    pub(super) fn start(&mut self, root: u32) {
        self.stack.clear();
        self.stack.push(Step::Page(root));
    }

    /// Returns the next row; errors in between stand for what could not be read.
    pub(super) fn next(&mut self) -> Option<Result<Row<'a>, Error>> {
        while let Some(step) = self.stack.pop() {
            match step {
                Step::Page(number) => {
                    if let Err(error) = self.enter(number) {
                        return Some(Err(error));
                    }
                }
                Step::Leaf { number, page, next, end, room } if next < end => {
                    let row = pointer(page, next)
                        .ok_or_else(|| Error::page(number, "a cell lies outside the page"))
                        .and_then(|cell| cell::row(self.pager, &mut self.seen, number, cell));
                    let used = row.as_ref().map(|row| row.local).unwrap_or_default();
                    let Some(room) = room.checked_sub(used) else {
                        // Without this, one page of pointers to one cell would cost its square.
                        return Some(Err(Error::page(number, "its cells overlap")));
                    };
                    self.stack.push(Step::Leaf {
                        number,
                        page,
                        next: next.saturating_add(2),
                        end,
                        room,
                    });
                    return Some(row);
                }
                Step::Leaf { .. } => {}
            }
        }
        None
    }

    /// Looks at a page: its children or its cells are next.
    fn enter(&mut self, number: u32) -> Result<(), Error> {
        let page = take(self.pager, &mut self.seen, number)?;
        let start = if number == 1 { HEADER } else { 0 };
        let header = page.get(start..).unwrap_or_default();
        let kind = header.first().copied().unwrap_or_default();
        let cells = usize::from(Order::Big.u16(header, 3).unwrap_or_default());
        let first = start.saturating_add(if kind == INTERIOR { 12 } else { 8 });
        let end = first.saturating_add(cells.saturating_mul(2));
        if end > page.len() {
            return Err(Error::page(number, format!("{cells} cells have no room")));
        }
        match kind {
            LEAF => {
                self.stack.push(Step::Leaf { number, page, next: first, end, room: page.len() });
            }
            INTERIOR => {
                let right = Order::Big.u32(header, 8).unwrap_or_default();
                self.stack.push(Step::Page(right));
                let before = self.stack.len();
                for at in (first..end).step_by(2).rev() {
                    // A child that cannot be found is page 0, which is never there.
                    let child = pointer(page, at)
                        .and_then(|cell| Order::Big.u32(cell, 0))
                        .unwrap_or_default();
                    self.stack.push(Step::Page(child));
                }
                debug_assert_eq!(
                    self.stack.len().saturating_sub(before),
                    cells,
                    "one child a cell"
                );
            }
            other => {
                return Err(Error::page(
                    number,
                    format!("its type {other:#04x} is none of a table's"),
                ));
            }
        }
        Ok(())
    }
}

/// Returns a page that belongs to one tree only, and marks it as met.
pub(super) fn take<'a>(
    pager: &Pager<'a>,
    seen: &mut HashSet<u32>,
    number: u32,
) -> Result<&'a [u8], Error> {
    let page = pager.page(number)?;
    if seen.insert(number) {
        Ok(page)
    } else {
        Err(Error::page(number, "two places lead here, or one leads back"))
    }
}

/// Returns the page from the cell on whose pointer is at `at`.
fn pointer(page: &[u8], at: usize) -> Option<&[u8]> {
    let cell = usize::from(Order::Big.u16(page, at)?);
    page.get(cell..).filter(|rest| !rest.is_empty())
}
