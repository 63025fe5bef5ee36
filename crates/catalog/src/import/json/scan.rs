//! The end of one JSON value, found without parsing it.

use super::items::DEPTH_MAX;

/// The state of a scan for the end of one value.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// Brackets that are open.
    open: Vec<u8>,
    /// How many are open beyond those that are remembered.
    beyond: usize,
    pub(super) deepest: usize,
    begun: bool,
    in_text: bool,
    escaped: bool,
    /// The last byte outside of texts that is no white space.
    last: u8,
}

impl Scan {
    pub(super) fn is_open(&self) -> bool {
        self.in_text || !self.open.is_empty()
    }

    /// Takes bytes up to the value's end; returns how many, and whether it ended.
    pub(super) fn take(
        &mut self,
        buffer: &[u8],
        line: &mut u64,
        broken: &mut Option<(u64, &'static str)>,
    ) -> (usize, bool) {
        for (at, byte) in buffer.iter().copied().enumerate() {
            *line += u64::from(byte == b'\n');
            if self.in_text {
                match byte {
                    b'\n' => {
                        broken.get_or_insert((*line - 1, "a text goes on over the end of its line"));
                        (self.in_text, self.escaped) = (false, false);
                    }
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => {
                        self.in_text = false;
                        if self.open.is_empty() {
                            return (at + 1, true);
                        }
                    }
                    _ => {}
                }
                continue;
            }
            match byte {
                _ if byte.is_ascii_whitespace() => {
                    if self.begun && self.open.is_empty() {
                        return (at + 1, true);
                    }
                    continue;
                }
                b'"' => {
                    if self.begun && self.open.is_empty() {
                        return (at, true);
                    }
                    self.in_text = true;
                }
                b'{' | b'[' => {
                    if byte == b'{'
                        && self.open.last() == Some(&b'{')
                        && self.last != b':'
                        && self.beyond == 0
                    {
                        broken.get_or_insert((*line, "a bracket is not closed"));
                        if self.open.len() == 1 {
                            return (at, true);
                        }
                        self.open.pop();
                    }
                    if self.begun && self.open.is_empty() {
                        return (at, true);
                    }
                    if self.open.len() > DEPTH_MAX {
                        self.beyond += 1;
                    } else {
                        self.open.push(byte);
                    }
                    self.deepest = self.deepest.max(self.open.len() + self.beyond);
                }
                b'}' | b']' if self.beyond > 0 => self.beyond -= 1,
                b'}' | b']' => {
                    let opener = if byte == b'}' { b'{' } else { b'[' };
                    let place = self.open.iter().rposition(|open| *open == opener);
                    let unclosed = place.map_or(!self.open.is_empty(), |place| place + 1 < self.open.len());
                    if unclosed {
                        broken.get_or_insert((*line, "a bracket is not closed"));
                    }
                    // What closes nothing of the value closes what is around it, and is not taken.
                    let Some(place) = place else { return (at, true) };
                    self.open.truncate(place);
                    if self.open.is_empty() {
                        return (at + 1, true);
                    }
                }
                b',' if self.open.is_empty() => return (at, true),
                _ => {}
            }
            self.begun = true;
            self.last = byte;
        }
        (buffer.len(), false)
    }
}
