//! HTML in the texts of a catalog, read as the text that shoppers see of it.

use std::borrow::Cow;

/// Shops export what was escaped already: `&amp;lt;br&amp;gt;`.
const PASSES_MAX: usize = 3;

/// Longest tag that is read with its quotes, in characters.
const TAG_CHARS_MAX: usize = 2000;

/// Elements that begin a new line.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "blockquote",
    "br",
    "caption",
    "center",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "main",
    "menu",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "tbody",
    "tfoot",
    "thead",
    "tr",
    "ul",
];
/// Cells of a row.
const CELLS: &[&str] = &["td", "th"];
/// Elements within a line.
const INLINE: &[&str] = &[
    "a", "abbr", "b", "bdi", "bdo", "big", "body", "button", "cite", "code", "col", "colgroup", "del", "dfn",
    "em", "font", "head", "html", "i", "iframe", "img", "input", "ins", "kbd", "label", "link", "mark",
    "meta", "picture", "q", "s", "samp", "small", "source", "span", "strike", "strong", "sub", "sup", "svg",
    "time", "tt", "u", "var", "video", "wbr",
];
/// Elements whose content nobody sees.
const HIDDEN: &[&str] = &["script", "style", "title", "noscript", "template"];

/// A text without tags, comments and entities; borrowed where it has none.
#[must_use]
pub fn plain(text: &str) -> Cow<'_, str> {
    let mut read = Cow::Borrowed(text);
    for _ in 0..PASSES_MAX {
        let Some(next) = without_markup(&read) else { break };
        read = Cow::Owned(next);
    }
    match read {
        Cow::Borrowed(text) => Cow::Borrowed(text),
        Cow::Owned(text) => Cow::Owned(tidy(&text)),
    }
}

/// One pass; `None` where nothing is to be read.
fn without_markup(text: &str) -> Option<String> {
    let bare = if text.contains('<') { without_tags(text) } else { None };
    let text = bare.as_deref().unwrap_or(text);
    let decoded =
        if text.contains('&') { html_escape::decode_html_entities(text) } else { Cow::Borrowed(text) };
    match decoded {
        Cow::Owned(decoded) if decoded != text => Some(decoded),
        _ => bare,
    }
}

fn without_tags(text: &str) -> Option<String> {
    let (mut out, mut at, mut any) = (String::with_capacity(text.len()), 0, false);
    // What one comment or script lacks the others lack as well: their end is looked for once.
    let mut unclosed = false;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('<')) {
        let start = at + found;
        out.push_str(text.get(at..start).unwrap_or_default());
        let rest = text.get(start..).unwrap_or_default();
        let Some((length, instead)) = tag(rest, &mut unclosed) else {
            // Without an end there is no tag behind it either.
            if !rest.contains('>') {
                let cut = is_cut(rest);
                any |= cut;
                at = if cut { text.len() } else { start };
                break;
            }
            out.push('<');
            at = start + 1;
            continue;
        };
        any = true;
        out.push_str(&instead);
        at = start + length;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    any.then_some(out)
}

/// The length of the tag or comment that a text begins with, and what stands in its place.
fn tag(text: &str, unclosed: &mut bool) -> Option<(usize, Cow<'static, str>)> {
    if text.starts_with("<!--") {
        let end = if *unclosed { None } else { text.find("-->") };
        *unclosed |= end.is_none();
        return end.map(|end| (end + 3, " ".into()));
    }
    if let Some(inside) = text.strip_prefix("<![CDATA[") {
        let (characters, _) = inside.split_once("]]>")?;
        return Some(("<![CDATA[]]>".len() + characters.len(), characters.to_owned().into()));
    }
    if text.starts_with("<?xml") || text.starts_with("<!DOCTYPE") || text.starts_with("<!doctype") {
        return Some((text.find('>')? + 1, "".into()));
    }
    let (name, behind) = tag_name(text)?;
    let length = tag_length(behind)?;
    let end = text.len() - behind.len() + length;
    // "a<b and c>d" compares.
    let attributes = behind.get(..length - 1)?.trim_matches(|c: char| c == '/' || c.is_whitespace());
    if !attributes.is_empty() && !attributes.contains('=') {
        return None;
    }
    if !is_known(&name) {
        let instead = other_tag(text, &name, !attributes.is_empty())?;
        return Some((end, instead));
    }
    if HIDDEN.contains(&name.as_str()) && !text.starts_with("</") && !*unclosed {
        let close = format!("</{name}");
        let closing = text.get(end..).and_then(|rest| find_ignoring_case(rest, &close));
        let length = closing.and_then(|at| text.get(end + at..)?.find('>').map(|last| end + at + last + 1));
        *unclosed = length.is_none();
        return Some((length.unwrap_or(end), " ".into()));
    }
    let (digit, instead) = stands_for(&name, text.get(end..).unwrap_or_default());
    Some((end + digit, instead.into()))
}

/// The name of the tag that a text begins with, in lower case, and what stands behind it.
fn tag_name(text: &str) -> Option<(String, &str)> {
    let inside = text.strip_prefix('<')?;
    let named = inside.strip_prefix('/').unwrap_or(inside);
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | ':' | '_');
    let (name, behind) = named.split_at_checked(named.find(|c: char| !is_part(c))?)?;
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic());
    let ends = behind.starts_with(|c: char| c == '>' || c == '/' || c.is_ascii_whitespace());
    (begins && ends).then(|| (name.to_ascii_lowercase(), behind))
}

fn is_known(name: &str) -> bool {
    [BLOCKS, CELLS, INLINE, HIDDEN].iter().any(|names| names.contains(&name))
}

/// The length of a tag from behind its name on. In a quoted value of an attribute ">" ends nothing.
fn tag_length(behind: &str) -> Option<usize> {
    let (mut quote, mut before) = (None, ' ');
    for (place, sign) in behind.char_indices().take(TAG_CHARS_MAX) {
        match quote {
            Some(open) if open == sign => quote = None,
            None if sign == '>' => return Some(place + 1),
            None if matches!(sign, '"' | '\'') && before == '=' => quote = Some(sign),
            _ => {}
        }
        if !sign.is_whitespace() {
            before = sign;
        }
    }
    behind.find('>').map(|place| place + 1)
}

/// What stands in the place of a tag that HTML does not have. "Size <M>" means a size: what its reader would take for a tag
/// is never publishable, so it is put in other brackets.
fn other_tag(text: &str, name: &str, has_attributes: bool) -> Option<Cow<'static, str>> {
    let written = text.get(1..=name.len())?;
    let is_element = has_attributes || name.contains(':') || text.starts_with("</") || {
        text.contains(&format!("</{written}>")) || text.get(1 + name.len()..)?.starts_with('/')
    };
    Some(if is_element { " ".into() } else { format!("({written})").into() })
}

/// Whether a text is the beginning of a tag that was cut off within its attributes.
fn is_cut(text: &str) -> bool {
    let quoted = text.contains("=\"") || text.contains("='");
    quoted && tag_name(text).is_some_and(|(name, _)| is_known(&name))
}

/// What stands in the place of a tag, given the text behind it, and how much of that it takes in.
fn stands_for(name: &str, behind: &str) -> (usize, &'static str) {
    match name {
        // "m<sup>2</sup>" is no "m2".
        "sup" if behind.starts_with("2</") => (1, "²"),
        "sup" if behind.starts_with("3</") => (1, "³"),
        name if BLOCKS.contains(&name) => (0, "\n"),
        name if CELLS.contains(&name) => (0, " "),
        _ => (0, ""),
    }
}

fn find_ignoring_case(text: &str, part: &str) -> Option<usize> {
    text.as_bytes().windows(part.len()).position(|window| window.eq_ignore_ascii_case(part.as_bytes()))
}

/// Lines without blanks around them, none of them empty; no control characters.
fn tidy(text: &str) -> String {
    let line = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines: Vec<String> = text
        .split('\n')
        .map(line)
        .map(|line| line.chars().filter(|c| !c.is_control()).collect::<String>())
        .filter(|line| !line.is_empty())
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(plain(text), expected, "{text}");
    }

    #[test]
    fn markup_is_read_as_the_text_that_shoppers_see() {
        check("CoolTech&trade; &amp; Co", "CoolTech™ & Co");
        check("<ul><li>Cotton</li>\n <li>Linen &#38; silk</li></ul>", "Cotton\nLinen & silk");
        check("Soft.<br/>Warm.<BR>Light.", "Soft.\nWarm.\nLight.");
        check("<p class=\"a\">12&nbsp;cm</p>", "12 cm");
        check("20 m<sup>2</sup>, CO<sub>2</sub>", "20 m², CO2");
        check("<table><tr><th>Width</th><td>5 cm</td></tr></table>", "Width 5 cm");
        check(
            "Clay<!-- internal: 3 EUR --><style>p { color: red }</style><script>alert(1)</SCRIPT> mug",
            "Clay mug",
        );
        check("&amp;lt;b&amp;gt;Bold&amp;lt;/b&amp;gt;", "Bold");
        check("<![CDATA[<b>Clay</b> & glass]]> mug", "Clay & glass mug");
        check("<?xml version=\"1.0\"?><!DOCTYPE html>Clay", "Clay");
        check("<a title=\"5 > 3\" href='?<b>'>Clay</a>", "Clay");
        check("Clay mug <a href=\"https://shop.exam", "Clay mug");
        check("cr&egrave;me br&ucirc;l&eacute;e", "crème brûlée");
    }

    #[test]
    fn tags_that_html_does_not_have_leave_nothing_that_reads_as_a_tag() {
        check("<o:p></o:p>Clay<v:shape id=\"x\"/>", "Clay");
        check("<feature>Clay</feature><feature>Glass</feature>", "Clay Glass");
        check("<my-element class=\"a\">Clay</my-element>", "Clay");
        check("Size <M> or <L>", "Size (M) or (L)");
        check("Map<String>", "Map(String)");
    }

    #[test]
    fn what_is_no_markup_stays_as_it_is() {
        for text in [
            "Clay",
            "< 5 kg",
            "a<b and c>d",
            "5 < 6",
            "R&D",
            "AT&T; one",
            "<3",
            "tom & jerry",
            "<",
            "",
            "a <b",
            "x </",
            "&unknown;",
        ] {
            assert!(matches!(plain(text), Cow::Borrowed(same) if same == text), "{text}: {:?}", plain(text));
        }
    }

    #[test]
    fn a_long_text_of_broken_tags_is_read_in_one_go() {
        for pattern in
            ["<a ", "<", "<script>", "<!--", "&", "&amp;", "<br>", "</", "<x>", "<a b=\"", "<![CDATA["]
        {
            let text = pattern.repeat(20_000 / pattern.len());
            assert!(plain(&text).len() <= text.len());
        }
    }
}
