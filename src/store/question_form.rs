//! The form in which questions are compared. Pure.

/// The form in which questions are compared: in lower case, without the punctuation of sentences. What makes another number,
/// unit or grade of it stays: "-20 °C" is not "20 °C", "1.5" not "15", "A+" not "A+++".
#[must_use]
pub fn normalised(question: &str) -> String {
    let signs: Vec<char> = question.to_lowercase().chars().map(plain_sign).collect();
    let at = |place: Option<usize>| place.and_then(|place| signs.get(place)).copied().unwrap_or(' ');
    let mut form = String::with_capacity(question.len());
    for (place, sign) in signs.iter().copied().enumerate() {
        let (before, behind) = (at(place.checked_sub(1)), at(place.checked_add(1)));
        let in_number = before.is_ascii_digit() && behind.is_ascii_digit();
        match sign {
            // A minus may stand apart from its number.
            '-' if in_number => form.push('-'),
            '-' if !before.is_alphanumeric() => {
                let number = signs.get(place + 1..).unwrap_or_default().iter().find(|sign| **sign != ' ');
                let is_sign = number.is_some_and(|sign| sign.is_ascii_digit() || *sign == '.');
                form.push_str(if is_sign { " -" } else { " " });
            }
            '.' | ',' | ':' if in_number => form.push(sign),
            // ".5", and the signs of feet and inches.
            '.' if !before.is_alphanumeric() && behind.is_ascii_digit() => form.push(sign),
            '\'' | '"' if before.is_ascii_digit() => form.push(sign),
            ' ' if form.ends_with(" -") => {}
            '-' | '.' | ',' | ':' | '\'' | '"' | ' ' => form.push(' '),
            sign => form.push(sign),
        }
    }
    form.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A sign as it is compared: full-width ones as ASCII, one sign for every minus and quote, a blank for what only ends or
/// encloses a sentence.
fn plain_sign(sign: char) -> char {
    let sign = match sign {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(sign).saturating_sub(0xfee0)).unwrap_or(sign),
        sign => sign,
    };
    match sign {
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe63}' => '-',
        '\u{2019}' | '\u{2032}' => '\'',
        '\u{201d}' | '\u{2033}' => '"',
        '?' | '!' | ';' | '¿' | '¡' | '…' | '(' | ')' | '[' | ']' | '{' | '}' | '«' | '»' | '„' | '“'
        | '‘' | '。' | '、' | '「' | '」' | '『' | '』' | '【' | '】' | '《' | '》' => ' ',
        sign if sign.is_whitespace() || sign.is_control() => ' ',
        sign => sign,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_that_differ_in_a_sign_a_point_a_unit_or_a_grade_are_different() {
        for (left, right) in [
            ("Can it be used at -20 °C?", "Can it be used at 20 °C?"),
            ("Does it take 1.5 l?", "Does it take 15 l?"),
            ("Does it take 1.5 l?", "Does it take 1 5 l?"),
            ("Is it <5 kg?", "Is it >5 kg?"),
            ("Is it ≤ 5 kg?", "Is it 5 kg?"),
            ("Is it class A+?", "Is it class A+++?"),
            ("Is it class A?", "Is it class A+?"),
            ("Is it 20 °C?", "Is it 20 °F?"),
            ("Is it 5%?", "Is it 5?"),
            ("Is it 5' tall?", "Is it 5\" tall?"),
            ("Does it fit 10-20 kg?", "Does it fit 10 20 kg?"),
            ("Is it ±2 mm?", "Is it 2 mm?"),
            ("Is it waterproof?", "Is it not waterproof?"),
            ("Is it C#?", "Is it C?"),
            ("Is the ratio 1/2?", "Is the ratio 1 2?"),
            (".5 l?", "5 l?"),
            ("-.5 l?", ".5 l?"),
        ] {
            assert_ne!(normalised(left), normalised(right), "{left} {right}");
        }
        for (left, right) in [
            ("Is it waterproof?", " is it  WATERPROOF"),
            ("Is it “waterproof”, or not?!", "is it waterproof or not"),
            ("Is it microwave-safe?", "is it microwave safe"),
            ("At −20 °C?", "at - 20 °c"),
            ("防水ですか？", "防水ですか"),
            ("２０ cm?", "20 cm"),
            ("It is light - is it?", "it is light is it"),
        ] {
            assert_eq!(normalised(left), normalised(right), "{left} {right}");
        }
    }
}
