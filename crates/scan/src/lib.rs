//! From an image to an inventory: the streaming pipeline and its report.
