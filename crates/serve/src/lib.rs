//! The gate as a service: doors of HTTP where images come in, and one engine behind them that judges.
//!
//! A door only translates what the [`Gate`] says: admission reviews of Kubernetes (`/validate`,
//! `/mutate`), its image reviews (`/imagepolicy`), events of registries (`/events`), and verdicts for
//! everybody else (`/v1/check`, `/v1/verdicts/DIGEST`). It fails closed: what cannot be read, looked up
//! or judged in time is no pass.
//!
//! Every image is judged once at a time, however many ask; who cannot wait is told so, and the
//! judgement goes on, so that the next to ask finds it. What is kept, queued, held and waited for has a
//! limit with a name ([`cutaway::Serving`]).

mod admission;
mod asking;
mod certificate;
mod config;
mod doctor;
mod doors;
mod error;
mod event_queue;
mod events;
mod flights;
mod gate;
mod histogram;
mod house;
mod idle;
mod image_review;
mod judge;
mod kept;
mod metrics;
mod policies;
mod server;
mod text;
mod validity;
mod verdicts;
mod verifier;

pub use admission::{Asks, Malformed, Named, Places, Review};
pub use config::{Config, Events, Listen, Plain, Schema, Tls, Unix};
pub use doctor::{CONTAINERD_SETTINGS, Effect, Finding, doctor};
pub use error::Error;
pub use events::{Pushed, Told};
pub use gate::{Answer, Gate};
pub use histogram::Histogram;
pub use image_review::ImageReview;
pub use judge::{Asked, Depends, Failure, Judge, Judging};
pub use kept::Kept;
pub use metrics::Metrics;
pub use policies::read_policies;
pub use server::{Server, serve};
pub use verifier::{
    Call, Said, VERIFIER_SETTINGS, VerifierSchema, VerifierSettings, answer_containerd,
    is_called_verifier,
};
