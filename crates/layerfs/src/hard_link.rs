//! Hard links, while a layer is applied: names that share what another one has at that time.

use cutaway_tar::{Escaped, Kind};

use crate::apply::Application;
use crate::arena::Content;
use crate::drivers::GONE;
use crate::resolve::{Last, Place, follow};
use crate::{EntryPath, Error};

impl Application<'_> {
    /// Returns what a hard link shares; none, with a warning, where it points to nothing that can
    /// be shared.
    pub(crate) fn hard_link(
        &mut self,
        path: &[u8],
        link: &[u8],
        place: &Place,
        name: &[u8],
    ) -> Result<Option<Content>, Error> {
        let found = self.link_target(path, link)?;
        if let Some(found) = &found {
            self.doubt_shared_whiteout(path, found);
        }
        let target = found.and_then(Place::unpacked);
        if let Some(target) = target
            && place.missing.is_empty()
            && let Some(existing) = self.tree.arena.child(place.node, name)
            && self.tree.arena.is_above(existing, target)
        {
            // Unpackers remove the old name first, and the target with it.
            let message = || {
                format!("hard link to itself or below itself ({}); skipped", Escaped::name(link))
            };
            self.warnings.push("hard-link-to-itself", Some(path), message);
            return Ok(None);
        }
        let content = target.and_then(|target| self.tree.arena.get(target)).map(|it| it.content);
        let content = content.filter(|content| content.kind != GONE);
        match content {
            Some(content) if content.kind != Kind::Directory => {
                let own = target.and_then(|target| self.tree.arena.get(target));
                if own.is_some_and(|target| target.placed_by != self.layer) {
                    self.refuse(path, "a hard link shares a file of a lower layer");
                }
                Ok(Some(content))
            }
            Some(_) => {
                let message =
                    || format!("hard link to the directory {}; skipped", Escaped::name(link));
                self.warnings.push("hard-link-to-directory", Some(path), message);
                Ok(None)
            }
            None => {
                let message =
                    || format!("hard link target missing: {}; skipped", Escaped::name(link));
                self.warnings.push("hard-link-target-missing", Some(path), message);
                self.note_dangling(path)?;
                Ok(None)
            }
        }
    }

    /// Finds where the target of a hard link is or would be: a name as entries have them, whose directory is
    /// followed through symbolic links and whose last component is not.
    fn link_target(&mut self, path: &[u8], link: &[u8]) -> Result<Option<Place>, Error> {
        let Ok(link) = EntryPath::clean_at_root(link) else { return Ok(None) };
        let found =
            follow(&self.tree.arena, link.as_bytes(), Last::Keep, self.tree.limits.symlink_hops);
        self.spend(
            found.as_ref().map_or_else(|circle| circle.link_bytes, |place| place.link_bytes),
            path,
        )?;
        Ok(found.ok())
    }
}
