//! Registry transport: a lazy, retrying, resuming source of manifests and blobs.
