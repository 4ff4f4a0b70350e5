//! Distributions and the databases of their package managers.
