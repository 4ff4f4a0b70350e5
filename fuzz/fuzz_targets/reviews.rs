//! What comes to the doors of the gate is read or refused in one line, and asks about no more images than it may.

#![no_main]

use cutaway_serve::{Asks, Config, ImageReview, Review, Told};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(review) = Review::read(bytes, 8) {
        assert!(!review.uid.is_empty());
        if let Asks::Images { places, .. } = review.asks {
            assert!((1..=8).contains(&places.images.len()));
            assert!(places.images.iter().all(|it| !it.image.is_empty()));
        }
    }
    if let Ok(review) = ImageReview::read(bytes, 8) {
        assert!((1..=8).contains(&review.images.len()));
    }
    if let Ok(told) = Told::read(bytes) {
        assert!(told.pushed.iter().all(|it| !it.repository.is_empty()));
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(config) = Config::parse(text)
    {
        assert!(!config.policies.is_empty() && !config.listen.is_empty());
    }
});
