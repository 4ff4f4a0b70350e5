//! The matrix of faults over all blobs and manifests of an image, and how loopback is reached.
