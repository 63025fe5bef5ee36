//! Texts as pages show them: numbers, times, money, marked statements, differences.

use jiff::Timestamp;
use maud::{Markup, html};

use super::Page;
use crate::console::marked::Part;
use crate::review::{WordsKind, words};

/// 12,345 as people read it.
pub(in crate::console) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped
}

/// Billionths of the currency as money.
pub(in crate::console) fn money(nanos: i64) -> String {
    let amount = nanos as f64 / 1e9;
    if amount != 0.0 && amount.abs() < 0.01 { format!("{amount:.4}") } else { format!("{amount:.2}") }
}

/// A time with how long ago it is; the exact one on hover and for programs.
pub(in crate::console) fn ago(page: &Page, at: Timestamp, now: Timestamp) -> Markup {
    let seconds = now.as_second().saturating_sub(at.as_second()).max(0);
    let text = match seconds {
        0..60 => page.t("just now").to_owned(),
        60..3_600 => page.tf("{} min", &[&(seconds / 60)]),
        3_600..86_400 => page.tf("{} h", &[&(seconds / 3_600)]),
        _ => page.tf("{} d", &[&(seconds / 86_400)]),
    };
    html! { time datetime=(at) title=(at.strftime("%Y-%m-%d %H:%M:%S UTC")) { (text) } }
}

/// A text with each statement marked.
pub(in crate::console) fn marked(parts: &[Part]) -> Markup {
    html! {
        @for part in parts {
            @match part.mark {
                Some(mark) => {
                    button type="button" class={ "mark " (mark.class()) } data-attribute=(part.attributes.join("\n"))
                        data-why=(part.why) data-finding=[part.finding] title=(part.why) { (part.text) }
                }
                None => { (part.text) }
            }
        }
    }
}

/// What a text was and what it is, word by word.
pub(in crate::console) fn difference(before: &str, after: &str) -> Markup {
    html! {
        @for word in words(before, after) {
            @match word.kind {
                WordsKind::Same => (word.text),
                WordsKind::Removed => del { (word.text) },
                WordsKind::Added => ins { (word.text) },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_money_read_as_people_write_them() {
        assert_eq!(
            [0, 999, 1_000, 1_234_567].map(number),
            ["0", "999", "1\u{202f}000", "1\u{202f}234\u{202f}567"]
        );
        assert_eq!([0, 1_234_000_000, 1_200_000].map(money), ["0.00", "1.23", "0.0012"]);
    }

    #[test]
    fn a_difference_escapes_what_products_say() {
        let shown = difference("a <script> b", "a <b> b").into_string();
        assert!(shown.contains("&lt;") && !shown.contains("<script"), "{shown}");
    }
}
