//! A reader that keeps what is read from it, so that what is not replaced is written as it was.

use std::cell::RefCell;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::rc::Rc;

/// Bytes that a reader took, until they are asked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Taken(pub(super) Rc<RefCell<Vec<u8>>>);

/// A reader that keeps what is read from it.
#[derive(Debug)]
pub(super) struct Tee {
    pub(super) input: BufReader<File>,
    pub(super) taken: Taken,
}

impl Read for Tee {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let read = self.input.read(out)?;
        self.taken.0.borrow_mut().extend_from_slice(out.get(..read).unwrap_or_default());
        Ok(read)
    }
}

impl BufRead for Tee {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        self.input.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.taken.0.borrow_mut().extend_from_slice(self.input.buffer().get(..amount).unwrap_or_default());
        self.input.consume(amount);
    }
}
