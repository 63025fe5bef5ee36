//! What a person tells the writer of a job: short, and readable as it stands.

use skuscribe_check::injection::is_invisible;

use crate::plan::NOTE_CHARS_MAX;

/// Why a note is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It says nothing.
    #[error("the note is empty; leave it out, or say what to write otherwise")]
    Empty,
    /// It is too long to be followed.
    #[error("the note has {chars} characters; say it in {NOTE_CHARS_MAX}")]
    TooLong {
        /// Its characters.
        chars: usize,
    },
    /// It holds what nobody sees.
    #[error("the note holds the invisible character U+{:04X}; write it without", u32::from(*character))]
    Invisible {
        /// The first such character.
        character: char,
    },
}

/// A note as it is kept with a job and shown to the writer: without space around it.
///
/// # Errors
/// When it is empty or too long, or holds characters that nobody sees.
pub fn checked_note(note: &str) -> Result<String, NoteError> {
    let note = note.trim();
    if note.is_empty() {
        return Err(NoteError::Empty);
    }
    let chars = note.chars().count();
    if chars > NOTE_CHARS_MAX {
        return Err(NoteError::TooLong { chars });
    }
    let is_unseen = |character: &char| {
        (character.is_control() && !matches!(character, '\n' | '\t')) || is_invisible(*character)
    };
    match note.chars().find(is_unseen) {
        Some(character) => Err(NoteError::Invisible { character }),
        None => Ok(note.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_short_and_holds_nothing_that_nobody_sees() {
        let check = |note: &str, expected: Result<&str, NoteError>| {
            assert_eq!(checked_note(note), expected.map(str::to_owned));
        };
        check("  Say that it is for tea.\n", Ok("Say that it is for tea."));
        check("Für Tee.\nKurz.", Ok("Für Tee.\nKurz."));
        check(" \n ", Err(NoteError::Empty));
        check(&"ü".repeat(1_000), Ok(&"ü".repeat(1_000)));
        check(&"x".repeat(1_001), Err(NoteError::TooLong { chars: 1_001 }));
        check("tea\u{1b}[2J", Err(NoteError::Invisible { character: '\u{1b}' }));
        check("tea\u{202e}", Err(NoteError::Invisible { character: '\u{202e}' }));
    }
}
