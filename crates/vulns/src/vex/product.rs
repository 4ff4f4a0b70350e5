//! Whether a product of a statement is a package of what was looked at.

use cutaway_report::{DistroReport, ImageReport};

use crate::purl;

/// What was looked at.
#[derive(Debug, Clone, Copy, Default)]
pub struct VexSubject<'a> {
    /// The image, where it is one.
    pub image: Option<&'a ImageReport>,
    /// Its distribution.
    pub distro: Option<&'a DistroReport>,
}

/// A product, or a component of one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Product {
    /// What it is called: a package URL, or the name of an image.
    pub(super) names: Vec<String>,
    /// Its components that a statement is about; none for the product itself and all that is in it.
    pub(super) components: Vec<String>,
    /// The platform that it is a component of, as CPE, where that is said.
    pub(super) platform: Option<String>,
}

impl Product {
    /// Tells whether a package is the product, or is in it and meant.
    pub(super) fn holds(&self, package: &str, subject: &VexSubject<'_>) -> bool {
        let is_image = self.names.iter().any(|name| is_image(name, subject.image));
        let of = |names: &[String]| names.iter().any(|name| purl::holds(name, package));
        if !self.platform.as_deref().is_none_or(|cpe| is_platform(cpe, subject.distro)) {
            return false;
        }
        match self.components.is_empty() {
            true => is_image || of(&self.names),
            // A product that is no image is not known to be there; the package itself has to be it.
            false => is_image && of(&self.components),
        }
    }
}

/// Tells whether a name is that of an image: by its digest where one is stated, or else by its name.
fn is_image(name: &str, image: Option<&ImageReport>) -> bool {
    let Some(image) = image else { return false };
    let own = [image.digest.as_ref(), image.id.as_ref()];
    let is_own = |digest: &str| own.iter().flatten().any(|own| own.as_str() == digest);
    let bare = |name: &str| {
        let name = name.split_once('@').map_or(name, |(name, _)| name);
        let slash = name.rfind('/').unwrap_or_default();
        let colon = name.rfind(':').filter(|colon| *colon > slash).unwrap_or(name.len());
        let name = name.get(..colon).unwrap_or(name);
        name.strip_prefix("index.docker.io/")
            .map_or(name.to_owned(), |it| format!("docker.io/{it}"))
    };
    let known = bare(&image.name);
    let Some((name, digest, place)) = purl::image(name) else {
        let digest = name.split_once('@').map_or(name, |(_, digest)| digest);
        return is_own(digest) || (!name.starts_with("pkg:") && bare(name) == known);
    };
    if digest.contains(':') {
        return is_own(&digest);
    }
    // Without a digest any version of it; a tag says nothing that could be checked.
    let last = known.rsplit('/').next().unwrap_or(&known);
    let is_there = |place: &str| bare(place) == known || format!("{place}/{name}") == known;
    name.rsplit('/').next() == Some(last) && place.as_deref().is_none_or(is_there)
}

/// Tells whether a CPE is that of a distribution. Only Red Hat calls its products so in such documents.
fn is_platform(cpe: &str, distro: Option<&DistroReport>) -> bool {
    let Some(distro) = distro.filter(|it| matches!(it.id.as_str(), "rhel" | "centos")) else {
        return false;
    };
    let fields: Vec<&str> = cpe.split(':').collect();
    let at = fields.iter().position(|field| *field == "redhat");
    let product = at.and_then(|at| fields.get(at.saturating_add(1)..)).unwrap_or_default();
    let [name, release, ..] = product else { return false };
    let version = distro.version_id.as_deref().unwrap_or_default();
    let major = |version: &str| version.split('.').next().map(str::to_owned);
    match *name {
        "enterprise_linux" => major(release) == major(version),
        name => name.starts_with("rhel_") && *release == version,
    }
}
