//! Texts as every target takes them: NFC, no control and no invisible characters; and as HTML, escaped once.

use icu_normalizer::ComposingNormalizerBorrowed;

/// A text in NFC, without control characters but for line feeds, without characters of no width, white space at its ends
/// taken off. Characters beyond U+FFFF stay.
#[must_use]
pub fn clean(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\r' if characters.peek() == Some(&'\n') => {}
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => kept.push('\n'),
            '\t' => kept.push(' '),
            c if c.is_control() || is_invisible(c) => {}
            c => kept.push(c),
        }
    }
    let normal = ComposingNormalizerBorrowed::new_nfc().normalize(&kept);
    normal.trim().to_owned()
}

/// Characters that nobody sees and that feeds refuse: of no width, for direction, selectors, tags, noncharacters.
const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{fdd0}'..='\u{fdef}' | '\u{fffe}' | '\u{ffff}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
        || (c as u32) & 0xfffe == 0xfffe
}

/// Paragraphs and bullet points as HTML. Every text is escaped once, and only here.
#[must_use]
pub fn html(body: &[String], bullets: &[String], verbatim: &[String]) -> String {
    let mut out = String::new();
    for paragraph in body {
        push_paragraph(&mut out, paragraph);
    }
    if !bullets.is_empty() {
        out.push_str("<ul>");
        for bullet in bullets {
            out.push_str("<li>");
            push_lines(&mut out, bullet);
            out.push_str("</li>");
        }
        out.push_str("</ul>");
    }
    for paragraph in verbatim {
        push_paragraph(&mut out, paragraph);
    }
    out
}

fn push_paragraph(out: &mut String, text: &str) {
    out.push_str("<p>");
    push_lines(out, text);
    out.push_str("</p>");
}

fn push_lines(out: &mut String, text: &str) {
    for (place, line) in text.split('\n').enumerate() {
        if place > 0 {
            out.push_str("<br>");
        }
        escape(out, line);
    }
}

/// Appends a text with the five characters that XML and HTML give a meaning written as entities.
pub(super) fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_leaves_without_what_nobody_sees() {
        for (text, expected) in [
            ("cafe\u{301}", "café"),
            ("a\u{200b}b\u{feff}c\u{ad}d\u{202e}e", "abcde"),
            ("a\u{0}b\u{1f}c\u{7f}", "abc"),
            ("line\r\nline\u{2028}line\tx", "line\nline\nline x"),
            ("  \u{200b} text \n", "text"),
            ("👍\u{fe0f} 𠮷野家 🏳", "👍 𠮷野家 🏳"),
            ("\u{fffe}a\u{1ffff}b\u{e0041}", "ab"),
            ("5 < 6 & 'x'", "5 < 6 & 'x'"),
        ] {
            assert_eq!(clean(text), expected, "{text:?}");
            assert_eq!(clean(&clean(text)), clean(text), "{text:?} twice");
        }
    }

    #[test]
    fn html_is_escaped_once() {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let made =
            html(&texts(&["Salt & pepper <5 kg", "Two\nlines"]), &texts(&["\"A\"", "it's"]), &texts(&["!"]));
        assert_eq!(
            made,
            "<p>Salt &amp; pepper &lt;5 kg</p><p>Two<br>lines</p><ul><li>&quot;A&quot;</li><li>it&#39;s</li></ul><p>!</p>"
        );
        assert_eq!(html(&texts(&["&amp;"]), &[], &[]), "<p>&amp;amp;</p>", "what is text stays text");
        assert_eq!(html_escape::decode_html_entities("&amp;amp;"), "&amp;");
    }
}
