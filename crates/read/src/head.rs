//! What the first bytes of a member of an archive say that it is.

use cutaway_model::Compression;

/// What a member looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Head {
    /// A document in JSON.
    Document,
    /// A layer: compressed, with a tar header, or with the end marker of an empty tar.
    Layer,
    /// Something else.
    Other,
}

/// Looks at the first bytes of a member. A tar header goes before what its first byte may look like, since
/// the name of a file may begin as a document does.
pub(crate) fn look(head: &[u8]) -> Head {
    // A layer without a byte is one: docker load, skopeo and umoci take it.
    if head.is_empty() || looks_like_layer(head) {
        Head::Layer
    } else if matches!(head.iter().find(|byte| !byte.is_ascii_whitespace()), Some(b'{' | b'[')) {
        Head::Document
    } else {
        Head::Other
    }
}

fn looks_like_layer(head: &[u8]) -> bool {
    Compression::sniff(head) != Compression::Plain
        || head.get(257..262) == Some(b"ustar")
        || head
            .get(..512)
            .is_some_and(|block| block.iter().all(|&byte| byte == 0) || has_checksum(block))
}

/// Returns whether a block has the checksum of a tar header, as the oldest tars without a magic have it.
fn has_checksum(block: &[u8]) -> bool {
    let sum: u64 = block
        .iter()
        .enumerate()
        .map(
            |(position, &byte)| {
                if (148..156).contains(&position) { u64::from(b' ') } else { u64::from(byte) }
            },
        )
        .sum();
    let field = block.get(148..156).unwrap_or_default();
    let digits: String =
        field.iter().map(|&byte| char::from(byte)).filter(char::is_ascii_digit).collect();
    u64::from_str_radix(&digits, 8).is_ok_and(|stated| stated == sum)
}

#[cfg(test)]
mod tests {
    use super::{Head, look};

    fn header(name: &[u8], magic: bool) -> Vec<u8> {
        let mut block = vec![0; 512];
        block[..name.len()].copy_from_slice(name);
        if magic {
            block[257..262].copy_from_slice(b"ustar");
        }
        block[148..156].copy_from_slice(b"        ");
        let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        block
    }

    #[test]
    fn heads() {
        for (head, expected) in [
            (b"{\"a\":1}".to_vec(), Head::Document),
            (b" \n [1]".to_vec(), Head::Document),
            (header(b"etc/issue", true), Head::Layer),
            (header(b"{a}", true), Head::Layer),
            (header(b"[", false), Head::Layer),
            (vec![0; 512], Head::Layer),
            (vec![0; 100], Head::Other),
            (vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0], Head::Layer),
            (b"plain text".to_vec(), Head::Other),
            (Vec::new(), Head::Layer),
        ] {
            assert_eq!(look(&head), expected, "{:?}", head.get(..8));
        }
    }
}
