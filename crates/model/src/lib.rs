//! Container images as verified documents and streams: index, image, layer.
