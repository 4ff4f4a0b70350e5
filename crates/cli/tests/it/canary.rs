//! A canary: a secret that is there in every way in which one can be, and servers that try everything to
//! get it.
//!
//! Nobody but the one it is for may be told it, in whatever dress, and nothing that is said may hold it.

mod authentication;
mod clouds;
mod core;
mod echoes;
mod kinds;
mod names;
mod networks;
mod once;
mod redirects;
mod stage;
mod usage;
mod world;
