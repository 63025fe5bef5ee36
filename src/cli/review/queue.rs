//! The review queue: what waits, by product, locale, rule, job and age.

use std::process::ExitCode;

use super::args::ListArgs;
use super::print;
use crate::pipeline::Pipeline;
use crate::store::SetAside;

pub(super) async fn list(pipeline: &Pipeline, args: &ListArgs) -> anyhow::Result<ExitCode> {
    let filter = args.filter.filter()?;
    let aside = SetAside::default();
    let mut shown = Vec::new();
    let mut cursor = args.cursor.clone();
    // A page ends early where few drafts match.
    loop {
        let left = args.limit.saturating_sub(shown.len()).max(1);
        let page = pipeline.queue(&filter, cursor.as_deref(), left, &aside).await?;
        shown.extend(page.items);
        cursor = page.next;
        if cursor.is_none() || shown.len() >= args.limit {
            break;
        }
    }
    shown.sort_by_key(|item| item.held_at);
    if args.json {
        for item in &shown {
            println!("{}", serde_json::to_string(item)?);
        }
        if let Some(cursor) = cursor {
            eprintln!("there may be more: --cursor {cursor}");
        }
    } else {
        print::table(&shown);
        println!("{} held", shown.len());
        if let Some(cursor) = cursor {
            println!("there may be more: --cursor {cursor}");
        }
    }
    Ok(super::super::done(&aside))
}
