//! Texts, lists and what may be missing as bytes, over the numbers of `layerfs`.
//!
//! What is read is hostile. A list says how many items follow; nothing is allocated for more of them
//! than the bytes that are left can hold.

pub(crate) use cutaway_layerfs::wire::{get, get_bytes, get_u32, put, put_bytes, take};

/// Appends the number of items of a list, or of anything else in memory.
pub(crate) fn put_len(out: &mut Vec<u8>, len: usize) {
    put(out, u64::try_from(len).unwrap_or(u64::MAX));
}

/// Appends a list of texts.
pub(crate) fn put_texts(out: &mut Vec<u8>, texts: &[String]) {
    put_len(out, texts.len());
    texts.iter().for_each(|text| put_bytes(out, text.as_bytes()));
}

/// Takes the number of items of a list, each of which takes at least so many bytes.
pub(crate) fn get_len(rest: &mut &[u8], item_bytes: usize) -> Option<usize> {
    let len = usize::try_from(get(rest)?).ok()?;
    (len <= rest.len().checked_div(item_bytes)?).then_some(len)
}

/// Takes a text.
pub(crate) fn get_text<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    std::str::from_utf8(get_bytes(rest)?).ok()
}

/// Takes a list of items.
pub(crate) fn get_list<'a, T>(
    rest: &mut &'a [u8],
    item_bytes: usize,
    mut item: impl FnMut(&mut &'a [u8]) -> Option<T>,
) -> Option<Vec<T>> {
    let len = get_len(rest, item_bytes)?;
    let mut items = Vec::with_capacity(len);
    for _ in 0..len {
        items.push(item(rest)?);
    }
    Some(items)
}

/// Takes a yes or no.
pub(crate) fn get_flag(rest: &mut &[u8]) -> Option<bool> {
    match get(rest)? {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}

/// Appends a text that may be missing: its length and one, or nothing but 0.
pub(crate) fn put_optional(out: &mut Vec<u8>, text: Option<&str>) {
    put(out, u64::from(text.is_some()));
    if let Some(text) = text {
        put_bytes(out, text.as_bytes());
    }
}

/// Takes what [`put_optional`] wrote; the outer none is for what it did not.
#[expect(clippy::option_option, reason = "the inner one is the value")]
pub(crate) fn get_optional(rest: &mut &[u8]) -> Option<Option<String>> {
    if get_flag(rest)? { Some(Some(text(rest)?)) } else { Some(None) }
}

pub(crate) fn text(rest: &mut &[u8]) -> Option<String> {
    get_text(rest).map(str::to_owned)
}
