//! Scratch.
use super::*;
#[test]
fn scratch() {
    let file = std::fs::read_to_string("/tmp/tests2/cands.txt").unwrap();
    let mut at = json!({});
    for line in file.lines() {
        if line.trim().is_empty() {
            continue;
        }
        if let Some(f) = line.strip_prefix('{') {
            at = serde_json::from_str(&format!("{{{f}")).unwrap();
            println!("\n{line}");
            continue;
        }
        if line.starts_with('#') {
            println!("{line}");
            continue;
        }
        let (lang, text) = line.split_once('|').unwrap();
        let text = text.trim();
        let facts = facts(&at);
        let sheet = FactSheet::of(&facts);
        let reading = read(sheet, text, Some(lang.trim()));
        let faults: Vec<String> = reading
            .statements
            .iter()
            .filter(|s| s.is_fault())
            .map(|s| format!("{} [{}]", told(text, s), s.kind))
            .collect();
        let rest: Vec<String> = reading
            .statements
            .iter()
            .filter(|s| !s.is_fault())
            .map(|s| {
                format!(
                    "{}{} [{}{}]",
                    if s.denied { "not " } else { "" },
                    told(text, s),
                    s.kind,
                    s.part_name().map(|p| format!(" of {p}")).unwrap_or_default()
                )
            })
            .collect();
        println!("  {}| {text}\n      => {}    ({})", lang, faults.join("; "), rest.join("; "));
    }
}
