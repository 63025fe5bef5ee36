//! Google Merchant: groups of values in a table's cells, and a supplemental feed as RSS 2.0.

use skuscribe_check::content::DigitalSourceType;

use super::clean::escape;
use super::column::{Cell, Column, Subject};
use super::left_out::LeftOut;
use super::options::ExportOptions;
use super::texts::Question;

/// What an RSS feed begins with.
pub(super) const RSS_HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" xmlns:g=\"http://base.google.com/ns/1.0\">\n<channel>\n<title>Product texts</title>\n";
/// What it ends with.
pub(super) const RSS_TAIL: &str = "</channel>\n</rss>\n";

/// A text with who made it: `trained_algorithmic_media:"Mug, 300 ml"`.
pub(super) fn made(text: &str, source: DigitalSourceType) -> String {
    format!("{}:{}", source.google(), quoted(text))
}

/// Questions with answers: `"Is it?":"Yes.", "Does it?":"No."`.
pub(super) fn questions(pairs: &[Question]) -> String {
    let pairs = pairs.iter().map(|pair| format!("{}:{}", quoted(&pair.question), quoted(&pair.answer)));
    pairs.collect::<Vec<_>>().join(", ")
}

/// A list: `"one","two"`.
pub(super) fn list(texts: &[String]) -> String {
    texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(",")
}

/// A value of a group, in double quotes, on one line.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\n', " ").replace('"', "\"\""))
}

/// A record as an RSS item.
pub(super) fn item(
    columns: &[Column],
    subject: &Subject<'_>,
    options: &ExportOptions,
) -> Result<Vec<u8>, LeftOut> {
    let mut out = String::from("<item>\n");
    for column in columns {
        let name = &column.name;
        match column.cell(subject, options)? {
            None => {}
            Some(Cell::Text(text)) => element(&mut out, name, &text),
            Some(Cell::List(texts)) => texts.iter().for_each(|text| element(&mut out, name, text)),
            Some(Cell::Made(text, source)) => {
                group(&mut out, name, [("digital_source_type", source.google()), ("content", &text)]);
            }
            Some(Cell::Questions(pairs)) => {
                for pair in &pairs {
                    group(&mut out, name, [("question", &pair.question), ("answer", &pair.answer)]);
                }
            }
        }
    }
    out.push_str("</item>\n");
    Ok(out.into_bytes())
}

/// Appends an attribute with its parts.
pub(super) fn group(out: &mut String, name: &str, parts: [(&str, &str); 2]) {
    out.push_str(&format!("<g:{name}>"));
    for (part, text) in parts {
        out.push_str(&format!("<g:{part}>"));
        escape(out, text);
        out.push_str(&format!("</g:{part}>"));
    }
    out.push_str(&format!("</g:{name}>\n"));
}

fn element(out: &mut String, name: &str, text: &str) {
    out.push_str(&format!("<g:{name}>"));
    escape(out, text);
    out.push_str(&format!("</g:{name}>\n"));
}
