//! Judging an image by policies.

use std::collections::BTreeMap;

use cutaway_policy::{Asked, Facts, Policy, Verdict, has_named_user, judge};
use jiff::Timestamp;

use crate::client::Client;
use crate::error::{Class, Error};
use crate::image::{Image, ScanOptions};
use crate::root::Start;

impl Client {
    /// Judges what `name` stands for by policies, at a time. All of the image is read, whatever the
    /// policies ask: one that is not read whole does not pass. It is opened once, so that the digest of
    /// the verdict is that of what was read, whatever a tag means a moment later.
    ///
    /// Needs a tokio runtime. Dropping the future ends its requests.
    ///
    /// # Errors
    ///
    /// Those of [`open`](Self::open) and [`Image::scan`]: then there is no verdict, which is no pass.
    pub async fn check(
        &self,
        name: &str,
        policies: &[Policy],
        now: Timestamp,
    ) -> Result<Verdict, Error> {
        let start = self.start(name).await?;
        self.check_start(start, policies, now, None).await
    }

    /// Judges what was opened by [`start`](Self::start), as [`check`](Self::check) does, for a namespace
    /// of a cluster where one asks.
    ///
    /// Needs a tokio runtime. Dropping the future ends its requests.
    ///
    /// # Errors
    ///
    /// Those of [`check`](Self::check) once the image was started.
    pub async fn check_start(
        &self,
        start: Start,
        policies: &[Policy],
        now: Timestamp,
        namespace: Option<&str>,
    ) -> Result<Verdict, Error> {
        let (image, asked, root) = match start {
            Start::Image(image) => (*image, None, None),
            Start::Root(root) => {
                let asked = root.remote.as_ref().map(|(_, reference)| Asked {
                    registry: reference.registry().to_owned(),
                    repository: reference.repository().to_owned(),
                    pinned: reference.digest().is_some(),
                });
                let index = root.descriptor.media_type.is_index();
                (root.image().await?, asked, index.then(|| root.descriptor.digest.clone()))
            }
        };
        let (documents, report) =
            Box::pin(image.stock(&crate::analyzers(), &ScanOptions::default())).await?;
        let run = &documents.config().run;
        let asks = has_named_user(run) && policies.iter().any(Policy::asks_for_the_user);
        let passwd = match asks && !image.passes_once() {
            true => passwd(&image).await?,
            false => None,
        };
        let nothing = BTreeMap::new();
        let stated = documents.manifest().map(|stated| &stated.manifest.annotations);
        Ok(judge(
            policies,
            &Facts {
                report: &report,
                config: Some(run),
                annotations: stated.unwrap_or(&nothing),
                index_digest: root,
                asked,
                passwd: passwd.as_deref(),
                namespace: namespace.map(str::to_owned),
                now,
            },
        ))
    }
}

/// Reads the users of an image; none where it has no such file.
async fn passwd(image: &Image) -> Result<Option<Vec<u8>>, Error> {
    match image.read("etc/passwd").await {
        Ok(file) => Ok(Some(file.bytes)),
        Err(error) if error.class() == Class::Absent => Ok(None),
        Err(error) => Err(error),
    }
}
