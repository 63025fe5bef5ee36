//! Addresses of the console's pages: SKUs and filters are other people's text, so all of it is encoded.

use std::fmt::Display;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stays readable in a segment of a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn segment(text: &impl Display) -> String {
    let text = text.to_string();
    // `.` and `..` are no names in a path.
    if text.chars().all(|character| character == '.') {
        return text.replace('.', "%2E");
    }
    utf8_percent_encode(&text, SEGMENT).to_string()
}

/// A path with a query; pairs without a value are left out.
pub(super) fn query(path: &str, pairs: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs.iter().filter(|(_, value)| !value.is_empty()));
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// A draft in the review queue.
pub(super) fn item(locale: &impl Display, sku: &impl Display) -> String {
    format!("/review/{}/{}", segment(locale), segment(sku))
}

/// A product in the catalog.
pub(super) fn product(sku: &impl Display) -> String {
    format!("/catalog/{}", segment(sku))
}

/// A job.
pub(super) fn job(id: &impl Display) -> String {
    format!("/jobs/{}", segment(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_sku_leaves_its_segment() {
        assert_eq!(item(&"de-DE", &"a/../b?c#d"), "/review/de-DE/a%2F..%2Fb%3Fc%23d");
        assert_eq!(product(&".."), "/catalog/%2E%2E");
        assert_eq!(product(&"大\"<"), "/catalog/%E5%A4%A7%22%3C");
        assert_eq!(query("/review", &[("q", "a b&c=1"), ("after", "")]), "/review?q=a+b%26c%3D1");
    }
}
