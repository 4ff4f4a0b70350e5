//! A capped, push-style reader of tar streams.
