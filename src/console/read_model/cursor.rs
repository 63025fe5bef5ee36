//! Pages of lists: a size, and an opaque cursor behind the last row seen.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::ReadModelError;

/// Most rows of a page.
pub const PAGE_MAX: u16 = 200;

/// Which page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// How many rows; at most [`PAGE_MAX`] are given.
    pub size: u16,
    /// The cursor behind which it begins: [`Page::next`] of another page, or a row's own; `None` for the first page.
    pub after: Option<String>,
}

impl PageRequest {
    /// The first page.
    #[must_use]
    pub fn first(size: u16) -> Self {
        Self { size, after: None }
    }

    /// The rows to be given.
    pub(super) fn rows(&self) -> u16 {
        self.size.clamp(1, PAGE_MAX)
    }
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// Its rows.
    pub rows: Vec<T>,
    /// Where the next page begins; `None` at the end. A page may be short, or empty, and still have a next one: where a
    /// filter leaves almost everything out, a page looks at a bounded number of rows.
    pub next: Option<String>,
}

/// A cursor: the list that it is of, and the order of its last row.
pub(super) fn write(list: u8, order: &[i64]) -> String {
    let mut bytes = vec![list];
    bytes.extend(order.iter().flat_map(|part| part.to_be_bytes()));
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What [`write`] wrote.
pub(super) fn read<const PARTS: usize>(list: u8, cursor: &str) -> Result<[i64; PARTS], ReadModelError> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| ReadModelError::Cursor)?;
    let Some((_, parts)) = bytes.split_first().filter(|(of, _)| **of == list) else {
        return Err(ReadModelError::Cursor);
    };
    let (parts, rest) = parts.as_chunks::<8>();
    if !rest.is_empty() {
        return Err(ReadModelError::Cursor);
    }
    let parts: Vec<i64> = parts.iter().map(|part| i64::from_be_bytes(*part)).collect();
    parts.try_into().map_err(|_| ReadModelError::Cursor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_by_its_own_list_alone() {
        let cursor = write(1, &[3, i64::MIN, 7]);
        assert_eq!(read::<3>(1, &cursor).unwrap(), [3, i64::MIN, 7]);
        assert!(read::<3>(2, &cursor).is_err());
        assert!(read::<2>(1, &cursor).is_err());
        for foreign in
            ["", "a", "!!", "AQ", "' OR 1=1 --", &cursor[1..], "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]
        {
            assert!(read::<3>(1, foreign).is_err(), "{foreign}");
        }
    }

    #[test]
    fn a_page_has_one_row_at_least_and_200_at_most() {
        assert_eq!([0, 1, 200, 9_999].map(|size| PageRequest::first(size).rows()), [1, 1, 200, 200]);
    }
}
