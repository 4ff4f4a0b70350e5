//! The tag list of Google's registries, which says more than the specification asks for: the
//! repositories below this one, and for each manifest its tags, its size and its times.
//!
//! Every other registry answers the same question with its tags alone, so nothing has to be known
//! about a server before it is asked.

use std::collections::BTreeMap;

use cutaway_model::Error as ModelError;
use serde::Deserialize;

use crate::Repository;
use crate::list::{PAGE, parsed};
use crate::manifest::scope;
use crate::pages::{Page, pages};

/// What a repository holds, as far as its registry says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// The tags, in the registry's order.
    pub tags: Vec<String>,
    /// The repositories right below this one, by the last part of their names.
    pub children: Vec<String>,
    /// The manifests by digest, with and without tags; none where the server does not speak of them.
    pub manifests: BTreeMap<String, Listed>,
}

/// A manifest in a [`Listing`]. Nothing in it is checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    /// Its tags.
    pub tags: Vec<String>,
    /// Its media type, where it is said.
    pub media_type: Option<String>,
    /// The bytes of the image with its layers.
    pub size: Option<u64>,
    /// When the image was made, in milliseconds since 1970.
    pub created_ms: Option<i64>,
    /// When it was uploaded, in milliseconds since 1970.
    pub uploaded_ms: Option<i64>,
}

/// A page. Without defaults, for with them serde takes an empty list for one.
#[derive(Debug, Deserialize)]
struct WirePage {
    tags: Option<Vec<Option<String>>>,
    child: Option<Vec<Option<String>>>,
    manifest: Option<BTreeMap<String, Option<WireManifest>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireManifest {
    #[serde(default)]
    tag: Option<Vec<Option<String>>>,
    #[serde(default)]
    media_type: Option<String>,
    #[serde(default)]
    image_size_bytes: Option<String>,
    #[serde(default)]
    time_created_ms: Option<String>,
    #[serde(default)]
    time_uploaded_ms: Option<String>,
}

impl Repository {
    /// Lists the tags, and what else the registry says with them.
    ///
    /// Needs a tokio runtime with I/O and time; dropping the future ends the request.
    ///
    /// # Errors
    ///
    /// As [`Repository::tags`].
    pub async fn listing(&self) -> Result<Listing, ModelError> {
        let path = format!("{}/tags/list?n={PAGE}", self.name());
        let pages = pages(self.exchange(), &path, &scope(self.name()), "application/json").await?;
        let mut listing = Listing::default();
        for page in &pages {
            add(&mut listing, page)?;
        }
        Ok(listing)
    }
}

fn add(listing: &mut Listing, page: &Page) -> Result<(), ModelError> {
    let parsed: WirePage = parsed(page)?;
    // An entry that is null loses none of the others.
    listing.tags.extend(parsed.tags.into_iter().flatten().flatten());
    listing.children.extend(parsed.child.into_iter().flatten().flatten());
    for (digest, wire) in parsed.manifest.unwrap_or_default() {
        let wire = wire.unwrap_or_default();
        let listed = Listed {
            tags: wire.tag.into_iter().flatten().flatten().collect(),
            media_type: wire.media_type.filter(|kind| !kind.is_empty()),
            size: wire.image_size_bytes.and_then(|text| text.parse().ok()),
            created_ms: wire.time_created_ms.and_then(|text| text.parse().ok()),
            uploaded_ms: wire.time_uploaded_ms.and_then(|text| text.parse().ok()),
        };
        listing.manifests.insert(digest, listed);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(text: &str) -> Option<Listing> {
        let url = reqwest::Url::parse("https://a.io/v2/x/tags/list").unwrap();
        let mut listing = Listing::default();
        add(&mut listing, &Page { bytes: text.into(), url }).ok().map(|()| listing)
    }

    #[test]
    fn takes_what_is_said() {
        let google = r#"{"name":"p/x","tags":["1"],"child":["y","z"],"manifest":{
            "sha256:aa":{"imageSizeBytes":"712","mediaType":"m","tag":["1"],"timeCreatedMs":"-1","timeUploadedMs":"5"},
            "sha256:bb":{"tag":null,"imageSizeBytes":"no number"}}}"#;
        let said = listing(google).unwrap();
        assert_eq!((said.tags, said.children), (vec!["1".into()], vec!["y".into(), "z".into()]));
        let tagged = Listed {
            tags: vec!["1".into()],
            media_type: Some("m".into()),
            size: Some(712),
            created_ms: Some(-1),
            uploaded_ms: Some(5),
        };
        assert_eq!(said.manifests["sha256:aa"], tagged);
        assert_eq!(said.manifests["sha256:bb"], Listed::default());
        for (text, tags) in [
            (r#"{"name":"x","tags":null}"#, Some(0)),
            (r#"{"tags":["a","b"]}"#, Some(2)),
            (r#"{"tags":["a",null,"b"],"child":[null],"manifest":{"x":null}}"#, Some(2)),
            ("[]", None),
            ("{", None),
        ] {
            assert_eq!(listing(text).map(|listing| listing.tags.len()), tags, "{text}");
        }
    }
}
