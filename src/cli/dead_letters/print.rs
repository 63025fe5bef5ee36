//! Dead letters on a terminal: as a table, and one in full.

use jiff::Timestamp;

use super::super::terminal::{Columns, cut, printable};
use crate::broker::{DeadLetter, LetterInfo};

pub(super) fn table(letters: &[LetterInfo]) {
    if letters.is_empty() {
        return;
    }
    let mut columns = Columns::new(0, &[4]);
    columns.row(["LAST AT", "LANE", "SKU", "STAGE", "ATTEMPTS", "ID", "ERROR"]);
    for letter in letters {
        let last_at = letter.last_at.map_or_else(|| "-".to_owned(), |at| format!("{at:.0}"));
        let attempts = if letter.attempts == 0 { "-".to_owned() } else { letter.attempts.to_string() };
        columns.row([
            last_at,
            cut(&letter.lane, 11),
            cut(&letter.sku, 24),
            cut(&letter.stage, 9),
            attempts,
            cut(&letter.id, 24),
            cut(&letter.error, 120),
        ]);
    }
    print!("{columns}");
}

pub(super) fn show(letter: &DeadLetter) -> anyhow::Result<()> {
    let about = &letter.about;
    let time = |at: Option<Timestamp>| at.map_or_else(|| "unknown".to_owned(), |at| at.to_string());
    println!("id        {}", printable(&about.id));
    println!("queue     {}", printable(&about.queue));
    println!("lane      {}", printable(&about.lane));
    println!("product   {}", printable(&about.sku));
    if !about.locales.is_empty() {
        println!("locales   {}", printable(&about.locales.join(", ")));
    }
    if !about.headers_trimmed.is_empty() {
        println!("left out  {} (headers that did not fit a frame)", printable(&about.headers_trimmed));
    }
    println!("stage     {}", printable(&about.stage));
    println!("error     {}", printable(&about.error));
    println!("attempts  {}", about.attempts);
    println!("first     {}", time(about.first_at));
    println!("last      {}", time(about.last_at));
    println!("worker    {}", printable(&about.worker));
    let body = letter.body();
    match serde_json::from_slice::<serde_json::Value>(&body) {
        Ok(body) => println!("message   {}\n", serde_json::to_string_pretty(&body)?),
        Err(error) => {
            let text = String::from_utf8_lossy(&body);
            println!("message   ({} bytes, no JSON: {error})", body.len());
            println!("          {}\n", cut(&text, 2_000));
        }
    }
    Ok(())
}
