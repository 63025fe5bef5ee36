//! JSON as models write it: with comments, commas too many, other quotation marks, Python's words, half characters.
//!
//! What is read here is either what was meant beyond doubt, or an error: a text is never shortened or guessed.
//! Half a character becomes U+FFFD, which the checks see.

use serde_json::{Map, Number, Value};

/// Deepest nesting that is read.
const DEPTH_MAX: usize = 64;

/// Why there is no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JsonError {
    /// The text ends in the middle of it.
    Ended,
    /// It is wrong at this byte.
    Wrong(usize),
}

/// The value that begins at a byte of a text, and the byte behind it. In linear time.
pub(super) fn value_at(text: &str, at: usize) -> Result<(Value, usize), JsonError> {
    let mut reader = Reader { text, at };
    let value = reader.value(0)?;
    Ok((value, reader.at))
}

/// The value that a text consists of.
pub(super) fn whole(text: &str) -> Option<Value> {
    if let Ok(value) = serde_json::from_str(text) {
        return Some(value);
    }
    let mut reader = Reader { text, at: 0 };
    reader.skip().ok()?;
    let value = reader.value(0).ok()?;
    reader.skip().ok()?;
    reader.peek().is_none().then_some(value)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Result<char, JsonError> {
        let next = self.peek().ok_or(JsonError::Ended)?;
        self.at += next.len_utf8();
        Ok(next)
    }

    fn wrong<T>(&self) -> Result<T, JsonError> {
        Err(JsonError::Wrong(self.at))
    }

    /// White space and comments.
    fn skip(&mut self) -> Result<(), JsonError> {
        while let Some(letter) = self.peek() {
            if letter.is_whitespace() || matches!(letter, '\u{feff}' | '\u{200b}') {
                self.at += letter.len_utf8();
            } else if self.rest().starts_with("//") || letter == '#' {
                self.at += self.rest().find('\n').unwrap_or(self.rest().len());
            } else if self.rest().starts_with("/*") {
                self.at += self.rest().find("*/").ok_or(JsonError::Ended)? + 2;
            } else {
                break;
            }
        }
        Ok(())
    }

    fn value(&mut self, depth: usize) -> Result<Value, JsonError> {
        if depth > DEPTH_MAX {
            return self.wrong();
        }
        match self.peek().ok_or(JsonError::Ended)? {
            '{' => self.object(depth),
            '[' => self.array(depth),
            '"' | '\'' | '\u{201c}' => self.string().map(Value::String),
            _ => self.word(),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, JsonError> {
        let mut fields = Map::new();
        self.at += 1;
        loop {
            self.skip()?;
            match self.peek().ok_or(JsonError::Ended)? {
                '}' => {
                    self.at += 1;
                    return Ok(Value::Object(fields));
                }
                '"' | '\'' | '\u{201c}' => {}
                letter if letter.is_ascii_alphabetic() || letter == '_' => {}
                _ => return self.wrong(),
            }
            let key = self.key()?;
            self.skip()?;
            if self.peek().ok_or(JsonError::Ended)? != ':' {
                return self.wrong();
            }
            self.at += 1;
            self.skip()?;
            let value = self.value(depth + 1)?;
            // Of a key that comes twice the last one counts, as everywhere.
            fields.insert(key, value);
            self.separator('}')?;
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value, JsonError> {
        let mut items = Vec::new();
        self.at += 1;
        loop {
            self.skip()?;
            if self.peek().ok_or(JsonError::Ended)? == ']' {
                self.at += 1;
                return Ok(Value::Array(items));
            }
            items.push(self.value(depth + 1)?);
            self.separator(']')?;
        }
    }

    /// A comma, or the closing bracket, which stays.
    fn separator(&mut self, close: char) -> Result<(), JsonError> {
        self.skip()?;
        match self.peek().ok_or(JsonError::Ended)? {
            ',' => {
                self.at += 1;
                Ok(())
            }
            letter if letter == close => Ok(()),
            _ => self.wrong(),
        }
    }

    fn key(&mut self) -> Result<String, JsonError> {
        if self.peek().is_some_and(|letter| matches!(letter, '"' | '\'' | '\u{201c}')) {
            return self.string();
        }
        let end = self.rest().find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        let key = self.rest().get(..end.ok_or(JsonError::Ended)?).unwrap_or_default().to_owned();
        self.at += key.len();
        Ok(key)
    }

    fn string(&mut self) -> Result<String, JsonError> {
        let close = match self.next()? {
            '\u{201c}' => '\u{201d}',
            same => same,
        };
        let mut text = String::new();
        loop {
            match self.next()? {
                letter if letter == close => return Ok(text),
                '\\' => self.escape(&mut text)?,
                // A grammar may let bare control characters through.
                letter if letter.is_ascii_control() => text.push(' '),
                letter => text.push(letter),
            }
        }
    }

    fn escape(&mut self, text: &mut String) -> Result<(), JsonError> {
        match self.next()? {
            'n' => text.push('\n'),
            't' => text.push('\t'),
            'r' => text.push('\r'),
            'b' => text.push('\u{8}'),
            'f' => text.push('\u{c}'),
            letter @ ('"' | '\'' | '\\' | '/' | '\u{201c}' | '\u{201d}') => text.push(letter),
            'u' => {
                let unit = self.unit()?;
                text.push(self.character(unit)?);
            }
            // No escape of JSON: both characters stand for themselves.
            letter => {
                text.push('\\');
                text.push(letter);
            }
        }
        Ok(())
    }

    /// The character that begins with a unit of UTF-16; U+FFFD for half of one.
    fn character(&mut self, unit: u32) -> Result<char, JsonError> {
        if !(0xd800..0xdc00).contains(&unit) {
            return Ok(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        if !self.rest().starts_with("\\u") {
            return Ok(char::REPLACEMENT_CHARACTER);
        }
        let before = self.at;
        self.at += 2;
        let low = self.unit()?;
        if (0xdc00..0xe000).contains(&low) {
            let code = 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
            return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        self.at = before;
        Ok(char::REPLACEMENT_CHARACTER)
    }

    fn unit(&mut self) -> Result<u32, JsonError> {
        let mut unit = 0;
        for _ in 0..4 {
            let letter = self.next()?;
            unit = unit * 16 + letter.to_digit(16).ok_or(JsonError::Wrong(self.at))?;
        }
        Ok(unit)
    }

    /// A number, or one of the words of JSON, JavaScript and Python.
    fn word(&mut self) -> Result<Value, JsonError> {
        let is_of_word = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '+' | '-' | '.');
        let end = self.rest().find(|letter| !is_of_word(letter)).ok_or(JsonError::Ended)?;
        let word = self.rest().get(..end).unwrap_or_default();
        let value = match word {
            "true" | "True" => Value::Bool(true),
            "false" | "False" => Value::Bool(false),
            "null" | "None" | "undefined" | "NaN" | "nan" | "Infinity" | "-Infinity" | "inf" | "-inf" => {
                Value::Null
            }
            _ => match word.parse::<Number>() {
                Ok(number) => Value::Number(number),
                Err(_) => return self.wrong(),
            },
        };
        self.at += end;
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_meant_beyond_doubt_is_read() {
        for (text, expected) in [
            (r#"{"a":[1,-2.5e3,true,null,"x"]}"#, json!({ "a": [1, -2500.0, true, null, "x"] })),
            (r#"{"a":[1,2,],}"#, json!({ "a": [1, 2] })),
            ("{ // one\n\"a\": /* two */ 1 # three\n}", json!({ "a": 1 })),
            (r#"{'a': 'it\'s', "b": "it's"}"#, json!({ "a": "it's", "b": "it's" })),
            (r#"{“a”: “b "c"”}"#, json!({ "a": "b \"c\"" })),
            (
                "{a: None, b: True, c: NaN, d: -Infinity}",
                json!({ "a": null, "b": true, "c": null, "d": null }),
            ),
            ("{\"a\":\"x\ny\"}", json!({ "a": "x y" })),
            (
                r#"{"a":"\ud83d\ude00 \ud83d \ude00 \ud83d\u0041"}"#,
                json!({ "a": "😀 \u{fffd} \u{fffd} \u{fffd}A" }),
            ),
            (r#"{"a":"\_x\d"}"#, json!({ "a": "\\_x\\d" })),
            (r#"{"a":1,"a":2}"#, json!({ "a": 2 })),
        ] {
            assert_eq!(value_at(text, 0), Ok((expected.clone(), text.len())), "{text}");
            assert_eq!(whole(&format!("\u{feff}{text}\n")), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_ends_is_told_from_what_is_wrong() {
        for text in [
            "{",
            r#"{"a"#,
            r#"{"a":"#,
            r#"{"a":[1"#,
            r#"{"a":tru"#,
            r#"{"a":"\u00"#,
            r#"{"a":1,"#,
            "[{}",
            "{/* ",
        ] {
            assert_eq!(value_at(text, 0), Err(JsonError::Ended), "{text}");
        }
        for text in [
            "{]",
            "{1",
            "{,}",
            r#"{"a" 1}"#,
            r#"{"a":1,,}"#,
            r#"{"a":"b"c"}"#,
            "{helps}",
            "[one two]",
            r#"{"a":"\uzzzz"}"#,
        ] {
            assert!(matches!(value_at(text, 0), Err(JsonError::Wrong(_))), "{text}");
        }
        assert!(matches!(value_at(&"[".repeat(100_000), 0), Err(JsonError::Wrong(_))));
        assert_eq!(whole("{} {}"), None);
    }
}
