//! How a command ends that had to leave stored objects out: named on standard error, with an exit code of its own.

use std::process::ExitCode;

use super::terminal::printable;
use crate::store::SetAside;

/// Exit code of a command that did its work, but for stored objects that it had to leave out.
const LEFT_OUT: u8 = 4;
/// Most left out objects that are printed.
const LEFT_OUT_SHOWN: usize = 20;

/// Says which stored objects were left out, and why; gives whether there were any.
pub(super) fn report_left_out(aside: &SetAside) -> bool {
    let (count, lines) = (aside.count(), aside.lines());
    for line in lines.iter().take(LEFT_OUT_SHOWN) {
        eprintln!("left out: {}", printable(line));
    }
    if count > LEFT_OUT_SHOWN as u64 {
        eprintln!("left out: {} more", count - LEFT_OUT_SHOWN as u64);
    }
    if count > 0 {
        eprintln!("{count} stored objects were left out; they are still where they were");
    }
    count > 0
}

/// The exit code of a command that is done.
pub(super) fn exit_code(left_out: bool) -> ExitCode {
    if left_out { ExitCode::from(LEFT_OUT) } else { ExitCode::SUCCESS }
}

/// Reports what was left out, last; gives the exit code.
pub(super) fn done(aside: &SetAside) -> ExitCode {
    exit_code(report_left_out(aside))
}
