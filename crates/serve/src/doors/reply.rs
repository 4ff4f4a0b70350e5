//! Answers of HTTP.

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::Response;

pub(super) fn plain(status: StatusCode, text: &str) -> Response {
    answer(status, "text/plain; version=0.0.4; charset=utf-8", text.to_owned().into_bytes())
}

pub(super) fn json(status: StatusCode, bytes: Vec<u8>) -> Response {
    answer(status, "application/json", bytes)
}

fn answer(status: StatusCode, media_type: &'static str, bytes: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    let media_type = header::HeaderValue::from_static(media_type);
    response.headers_mut().insert(header::CONTENT_TYPE, media_type);
    response
}
