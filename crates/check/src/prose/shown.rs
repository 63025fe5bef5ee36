//! Markup of a description as far as it says more than its text: what is struck out or hidden is no text, and what stands
//! over a list is its heading.

use std::borrow::Cow;

/// Elements whose text is struck out.
const STRUCK: [&str; 4] = ["s", "del", "strike", "template"];
/// Attributes of elements that nobody sees, without blanks and in lower case.
const HIDING: [&str; 6] =
    ["display:none", "visibility:hidden", "line-through", "font-size:0", "opacity:0", "aria-hidden=\"true\""];
/// Elements in front of which a line without a stop is a heading.
const LISTS: [&str; 4] = ["ul", "ol", "dl", "table"];
/// Elements that are headings.
const HEADINGS: [&str; 8] = ["h1", "h2", "h3", "h4", "h5", "h6", "summary", "caption"];
/// Elements without an end.
const VOID: [&str; 6] = ["br", "hr", "img", "input", "wbr", "meta"];
/// Rounds of decoding.
const PASSES_MAX: usize = 3;

/// A text with markup, without what is struck out or hidden, and with a colon behind each heading.
pub(super) fn as_shown(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    for _ in 0..PASSES_MAX {
        if !text.contains("&lt;") && !text.contains("&#") && !text.contains("&amp;") {
            break;
        }
        text = Cow::Owned(html_escape::decode_html_entities(&text).into_owned());
    }
    if text.contains("~~") {
        text = Cow::Owned(text.split("~~").step_by(2).map(str::trim).collect::<Vec<_>>().join(" "));
    }
    if !text.contains('<') {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    // The element that hides, and how many of its name are open.
    let mut hidden: Option<(String, usize)> = None;
    let mut rest: &str = &text;
    while let Some(at) = rest.find('<') {
        let (before, from) = rest.split_at(at);
        if hidden.is_none() {
            out.push_str(before);
        }
        let Some(length) = from.find('>').map(|end| end + 1) else {
            rest = from;
            break;
        };
        let (tag, behind) = from.split_at(length);
        rest = behind;
        let closes = tag.starts_with("</");
        let name = name(tag);
        if let Some((hiding, open)) = hidden.as_mut() {
            if *hiding == name && !tag.ends_with("/>") {
                *open = if closes { open.saturating_sub(1) } else { *open + 1 };
            }
            if *open == 0 {
                hidden = None;
                if !out.is_empty() && !out.ends_with(char::is_whitespace) {
                    out.push(' ');
                }
                rest = rest.trim_start_matches(' ');
            }
            continue;
        }
        let void = VOID.contains(&name.as_str()) || tag.ends_with("/>");
        if !closes && !void && (STRUCK.contains(&name.as_str()) || hides(tag)) {
            hidden = Some((name, 1));
            continue;
        }
        let heading = closes && HEADINGS.contains(&name.as_str());
        if heading || (!closes && LISTS.contains(&name.as_str())) {
            end_heading(&mut out);
        }
        out.push_str(tag);
    }
    if hidden.is_none() {
        out.push_str(rest);
    }
    Cow::Owned(out)
}

fn name(tag: &str) -> String {
    let inside = tag.trim_start_matches(['<', '/']);
    inside.chars().take_while(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

fn hides(tag: &str) -> bool {
    let bare: String = tag.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
    let attribute = tag.split_whitespace().skip(1).any(|word| {
        let word = word.trim_end_matches(['>', '/']).to_ascii_lowercase();
        word == "hidden" || word.starts_with("hidden=")
    });
    attribute || HIDING.iter().any(|hiding| bare.contains(hiding))
}

/// Puts a colon behind the words that a text ends with, before the tags behind them.
fn end_heading(out: &mut String) {
    let mut end = out.trim_end().len();
    while out.get(..end).is_some_and(|text| text.ends_with('>')) {
        let Some(start) = out.get(..end).and_then(|text| text.rfind('<')) else { break };
        end = out.get(..start).map_or(start, |text| text.trim_end().len());
    }
    let words = out.get(..end).is_some_and(|text| {
        text.ends_with(|c: char| !matches!(c, '.' | '!' | '?' | ':' | ';' | ',' | '>' | '：' | '。'))
    });
    if words {
        out.insert(end, ':');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::product::markup;

    #[test]
    fn what_is_struck_out_or_hidden_is_no_text_and_headings_end_in_a_colon() {
        for (text, shown) in [
            ("Material: <s>leather</s> canvas", "Material: canvas"),
            ("<p>A <del class=\"x\">leather <b>soft</b></del> bag</p>", "A bag"),
            ("<div style=\"display: none\"><div>Gold</div> ring</div>Silver", "Silver"),
            ("A <span hidden>gold</span> ring", "A ring"),
            ("A &lt;s&gt;gold&lt;/s&gt; ring", "A ring"),
            ("A ~~gold~~ silver ring", "A silver ring"),
            ("A ring.<s>gold", "A ring."),
            ("<h3>Also buy</h3><ul><li>Material: leather</li></ul>", "Also buy:\nMaterial: leather"),
            ("<p><strong>Not included</strong></p><ul><li>Wool</li></ul>", "Not included:\nWool"),
            ("A ring.<ul><li>Gold</li></ul>", "A ring.\nGold"),
            ("5 < 6", "5 < 6"),
        ] {
            assert_eq!(markup::plain(&as_shown(text)), shown, "{text}");
        }
    }
}
