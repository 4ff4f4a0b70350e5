//! Numbers and texts as bytes: numbers in as few groups of seven bits as they need, lowest first;
//! texts with their length in front.
//!
//! What is read is hostile. A list says how many items follow; nothing is allocated for more of them
//! than the bytes that are left can hold.

/// Appends a number.
pub(crate) fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(u8::try_from(number & 0x7f).unwrap_or(0) | 0x80);
        number >>= 7;
    }
    out.push(u8::try_from(number).unwrap_or(0));
}

/// Appends the number of items of a list, or of anything else in memory.
pub(crate) fn put_len(out: &mut Vec<u8>, len: usize) {
    put(out, u64::try_from(len).unwrap_or(u64::MAX));
}

/// Appends bytes, their number in front.
pub(crate) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_len(out, bytes.len());
    out.extend_from_slice(bytes);
}

/// Appends a list of texts.
pub(crate) fn put_texts(out: &mut Vec<u8>, texts: &[String]) {
    put_len(out, texts.len());
    texts.iter().for_each(|text| put_bytes(out, text.as_bytes()));
}

/// Takes a number from the front.
pub(crate) fn get(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    let mut shift = 0_u32;
    loop {
        let byte = *take(rest, 1)?.first()?;
        number |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(number);
        }
        shift = shift.saturating_add(7);
    }
}

/// Takes a number of 32 bits.
pub(crate) fn get_u32(rest: &mut &[u8]) -> Option<u32> {
    u32::try_from(get(rest)?).ok()
}

/// Takes the number of items of a list, each of which takes at least so many bytes.
pub(crate) fn get_len(rest: &mut &[u8], item_bytes: usize) -> Option<usize> {
    let len = usize::try_from(get(rest)?).ok()?;
    (len <= rest.len().checked_div(item_bytes)?).then_some(len)
}

/// Takes bytes.
pub(crate) fn get_bytes<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let len = usize::try_from(get(rest)?).ok()?;
    take(rest, len)
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

/// Takes so many bytes.
pub(crate) fn take<'a>(rest: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(len)?;
    *rest = left;
    Some(taken)
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
