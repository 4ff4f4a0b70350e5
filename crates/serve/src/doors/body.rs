//! Bodies of requests, bounded each and together, in size and time.

use axum::body::{Bytes, HttpBody as _, to_bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;

use super::reply::plain;
use crate::house::House;

/// A body, and its share of the room that all have. The share is given back when this is dropped.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) bytes: Bytes,
    _share: Option<OwnedSemaphorePermit>,
}

/// Reads a body of up to `most` bytes.
pub(super) async fn read(
    house: &House,
    request: Request,
    most: u64,
) -> Result<Held, Box<Response>> {
    let reading = async {
        let stated = request.body().size_hint().upper().unwrap_or(most);
        if stated > most {
            return Err(too_large(most));
        }
        let share = u32::try_from((stated >> 10).saturating_add(1)).unwrap_or(u32::MAX);
        let all = u32::try_from(house.gate.limits.request_bytes_held >> 10).unwrap_or(u32::MAX);
        let share = share.min(all.max(1));
        let share = Arc::clone(&house.room).acquire_many_owned(share).await.ok();
        let most_bytes = usize::try_from(most).unwrap_or(usize::MAX);
        match to_bytes(request.into_body(), most_bytes).await {
            Ok(bytes) => Ok(Held { bytes, _share: share }),
            Err(_) => Err(too_large(most)),
        }
    };
    let time = house.gate.limits.request;
    tokio::time::timeout(time, reading).await.unwrap_or_else(|_| {
        let text = "the request took longer than request_ms\n";
        Err(Box::new(plain(StatusCode::REQUEST_TIMEOUT, text)))
    })
}

fn too_large(most: u64) -> Box<Response> {
    let text =
        format!("the body broke off, or has more than {most} bytes (review_bytes, event_bytes)\n");
    Box::new(plain(StatusCode::PAYLOAD_TOO_LARGE, &text))
}
