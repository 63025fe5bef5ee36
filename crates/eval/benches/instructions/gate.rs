//! Counts with valgrind, keeps the counts, and says where there are more than before.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, bail, ensure};
use serde::{Deserialize, Serialize};

use super::WORK;
use super::works::Work;

/// How much more than the count that is kept is allowed.
const MORE_ALLOWED: f64 = 1.05;

/// How much a text of ten times the length may cost: what is linear has a part that does not grow, and buffers that do.
const TEN_TIMES_MAX: f64 = 12.0;

/// Counts by work, in thousands of instructions.
pub(crate) type Counts = BTreeMap<String, u64>;

/// What `benches/instructions.toml` holds, in thousands of instructions.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    /// Before the statement model.
    #[serde(default)]
    before: Counts,
    /// What must not grow.
    #[serde(default)]
    now: Counts,
}

/// Has valgrind count the works.
pub(crate) fn count(works: &[Work]) -> anyhow::Result<Counts> {
    let out = std::env::temp_dir().join(format!("skuscribe-instructions-{}", std::process::id()));
    let names: Vec<String> = works.iter().map(|work| work.name()).collect();
    let status = Command::new("valgrind")
        .args(["--tool=callgrind", "--quiet", "--combine-dumps=yes"])
        .args(["--zero-before=*instructions::works::counted*", "--dump-before=*instructions::works::ended*"])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(std::env::current_exe()?)
        .arg(WORK)
        .args(&names)
        .status()
        .context("valgrind cannot be started; install it")?;
    let text = std::fs::read_to_string(&out).context("valgrind has left no counts")?;
    std::fs::remove_file(&out)?;
    ensure!(status.success(), "the works ended with {status}");
    let counts = counted(&text);
    if counts.len() != names.len() {
        bail!(
            "{} works were to be counted, and {} were; is the program stripped?",
            names.len(),
            counts.len()
        );
    }
    Ok(names.into_iter().zip(counts).collect())
}

/// The counts of the parts that end where counting ends, in order.
fn counted(text: &str) -> Vec<u64> {
    let (mut counts, mut is_counted) = (Vec::new(), false);
    for line in text.lines() {
        if line.starts_with("part:") {
            is_counted = false;
        } else if line.starts_with("desc: Trigger:") {
            is_counted = line.contains("--dump-before");
        } else if let Some(total) = line.strip_prefix("totals: ").or_else(|| line.strip_prefix("summary: "))
            && is_counted
        {
            counts.extend(total.trim().parse::<u64>().map(|count| count / 1_000));
            is_counted = false;
        }
    }
    counts
}

/// Writes the counts, the others kept as they are.
pub(crate) fn record(counts: &Counts) -> anyhow::Result<()> {
    let mut kept = kept()?;
    kept.now.extend(counts.clone());
    let text = format!(
        "# Thousands of instructions, by work; `make bench-check` fails where there are 5 % more than now.\n# Written by: cargo bench -p skuscribe-eval --bench instructions -- --record\n\n{}",
        toml::to_string(&kept)?
    );
    std::fs::write(path(), text).with_context(|| path().display().to_string())
}

/// Prints the counts beside those that are kept, and gives whether none is much higher and all texts cost what their length
/// says.
pub(crate) fn print(counts: &Counts) -> anyhow::Result<bool> {
    let kept = kept()?;
    let mut faults = Vec::new();
    println!("{:<24} {:>12} {:>12} {:>12}", "thousand instructions", "before", "kept", "now");
    for (name, count) in counts {
        let shown = |counts: &Counts| counts.get(name).map_or_else(|| "-".to_owned(), u64::to_string);
        println!("{name:<24} {:>12} {:>12} {count:>12}", shown(&kept.before), shown(&kept.now));
        if let Some(before) = kept.now.get(name)
            && *count as f64 > *before as f64 * MORE_ALLOWED
        {
            faults.push(format!("{name}: {count} thousand instructions, {before} are kept"));
        }
        let shorter = name.strip_suffix("0-kB").and_then(|shorter| counts.get(&format!("{shorter}-kB")));
        if let Some(shorter) = shorter
            && *count as f64 > *shorter as f64 * TEN_TIMES_MAX
        {
            let times = *count as f64 / *shorter as f64;
            faults.push(format!("{name}: {times:.1} times as much as for a tenth of the length"));
        }
    }
    for fault in &faults {
        eprintln!("{fault}");
    }
    Ok(faults.is_empty())
}

fn kept() -> anyhow::Result<Kept> {
    let text = std::fs::read_to_string(path()).unwrap_or_default();
    toml::from_str(&text).with_context(|| path().display().to_string())
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../benches/instructions.toml")
}
