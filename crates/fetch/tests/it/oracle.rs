//! A real registry as the oracle: what the distribution project's server holds, we read.
