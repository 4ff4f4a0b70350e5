//! TLS: whom to trust, and what is refused.
