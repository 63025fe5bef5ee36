//! The words around a number, which say what it is a number of.

/// Up to `bytes` bytes before a place, from a character's beginning on.
pub(super) fn before(text: &str, at: usize, bytes: usize) -> &str {
    let mut from = at.saturating_sub(bytes);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    text.get(from..at).unwrap_or_default()
}

/// Up to `bytes` bytes after a place, to a character's end.
pub(super) fn after(text: &str, at: usize, bytes: usize) -> &str {
    let mut to = (at + bytes).min(text.len());
    while !text.is_char_boundary(to) {
        to -= 1;
    }
    text.get(at..to).unwrap_or_default()
}

/// Whether a part stands alone: no letter or digit touches it.
pub(super) fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let touches = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
    let before = text.get(..start).and_then(|part| part.chars().next_back());
    let after = text.get(end..).and_then(|part| part.chars().next());
    !touches(before) && !touches(after)
}

/// Words beside the number of a thing.
const THING_WORDS: &[&str] = &[
    "ean",
    "gtin",
    "upc",
    "isbn",
    "issn",
    "asin",
    "mpn",
    "sku",
    "item",
    "model",
    "modell",
    "modèle",
    "modelo",
    "art",
    "article",
    "artikel",
    "part",
    "serial",
    "seriennummer",
    "no",
    "nr",
    "ref",
    "réf",
    "reference",
    "barcode",
    "code",
    "order",
    "lot",
    "batch",
    "patent",
    "型号",
    "货号",
    "条形码",
    "型番",
    "品番",
];

/// Whether a number is said to be that of a thing: an article, a barcode, a part.
pub(super) fn of_a_thing(text: &str, start: usize) -> bool {
    let head = before(text, start, 32).trim_end_matches(|c: char| !c.is_alphanumeric());
    let last = head.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_lowercase();
    let before_last = head.get(..head.len() - last.len().min(head.len())).unwrap_or_default();
    let numbered = matches!(last.as_str(), "no" | "nr" | "number" | "nummer" | "num" | "numéro" | "número");
    if numbered && last != "number" {
        return !personal(before_last);
    }
    let owner = before_last.trim_end_matches(|c: char| !c.is_alphanumeric());
    let owner = owner.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_lowercase();
    THING_WORDS.contains(&last.as_str())
        || (numbered && THING_WORDS.contains(&owner.as_str()))
        || ["型号", "货号", "条形码", "型番", "品番"].iter().any(|word| head.ends_with(word))
}

/// Whether words are about a person's number.
fn personal(head: &str) -> bool {
    let head = head.to_lowercase();
    ["card", "phone", "account", "security", "licence", "license", "tel", "mobile"]
        .iter()
        .any(|word| head.contains(word))
}
