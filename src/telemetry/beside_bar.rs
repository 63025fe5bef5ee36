//! Log lines beside a progress bar: the bar is taken away while one is written.

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use indicatif::ProgressBar;

/// The bar that is drawn on the terminal now; a process draws one at a time.
static BAR: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// Has log lines written beside a bar from now on; `None` where none is drawn any more.
pub(crate) fn write_beside(bar: Option<ProgressBar>) {
    *BAR.lock().unwrap_or_else(PoisonError::into_inner) = bar;
}

/// Standard error, with room made for each line.
pub(super) struct LogWriter;

impl Write for LogWriter {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let bar = BAR.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let write = || io::stderr().write_all(line).map(|()| line.len());
        bar.map_or_else(write, |bar| bar.suspend(write))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
