//! Says how many bytes it takes to keep what the layers of an archive say: `facts FILE`.
#![expect(clippy::print_stdout, reason = "an example shows what it finds")]

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use cutaway_analyze::{AnalyzerId, Budget, DecodeLimits, FactsCache, FactsKey, LayerFacts, Part};
use cutaway_model::source::{self, Archive, Files, Form, Selector};
use cutaway_ref::Platform;
use cutaway_scan::{Options, scan};

/// A cache as small as can be.
#[derive(Debug, Default)]
struct Memory(Mutex<HashMap<(FactsKey, Part), Bytes>>);

#[async_trait]
impl FactsCache for Memory {
    async fn get(&self, key: &FactsKey, parts: &[Part]) -> Option<Vec<Bytes>> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        parts.iter().map(|part| held.get(&(key.clone(), part.clone())).cloned()).collect()
    }

    async fn put(&self, key: &FactsKey, parts: Vec<(Part, Bytes)>) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.extend(parts.into_iter().map(|(part, value)| ((key.clone(), part), value)));
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let place = std::env::args().nth(1).ok_or("usage: facts FILE")?;
    let (memory, platform) = (Arc::new(Memory::default()), Platform::linux("amd64"));
    let cache: Arc<dyn FactsCache> = memory.clone();
    let options = Options {
        cache: Some(cache),
        ..Options::new(cutaway_analyzers_os::analyzers(), platform.clone())
    };
    let limits = &options.read.limits.model;
    let files: Arc<dyn Files> = Arc::new(Archive::open(place.as_ref(), limits)?);
    let form = Form::of(files.as_ref())?;
    let image = source::open(files, form, &Selector::Only, &platform, limits).await?;
    scan(image.into(), place.as_str(), &options).await?;

    let limits = DecodeLimits {
        layerfs: cutaway_layerfs::Limits::default(),
        budget: Budget::unlimited(),
        record_bytes: u64::MAX,
    };
    let none: [(&AnalyzerId, &[u8]); 0] = [];
    let (mut entries, mut listings, mut findings) = (0_u64, 0_usize, 0_usize);
    for ((_, part), value) in memory.0.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        if *part == Part::Listing {
            let facts = LayerFacts::decode(value, none, &limits)?;
            entries = entries.saturating_add(facts.listing.len().into());
            listings = listings.saturating_add(value.len());
        } else {
            findings = findings.saturating_add(value.len());
        }
    }
    println!("{entries} entries in {listings} bytes, findings in {findings} bytes");
    Ok(())
}
