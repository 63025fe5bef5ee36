//! `model-quirks.md`: what real model servers do, and what Skuscribe does about it; the table that the tests run.

use skuscribe_sandbox::QUIRKS;

use super::{cell, table};

pub(super) fn page() -> String {
    let mut page = "\
# Quirks of model servers

What real servers do beside OpenAI's documentation, and what Skuscribe does about it. Each line is run through the whole
pipeline in the tests, against `skuscribe sandbox --quirk NAME`. See [Model servers](../setup/model-servers.md).
"
    .to_owned();
    for group in QUIRKS {
        let rows = group
            .quirks
            .iter()
            .map(|quirk| [format!("`{}`", quirk.name), cell(quirk.does), cell(quirk.expected.sentence())]);
        page.push_str(&format!("\n## {}\n\n", group.title));
        page.push_str(&table(["Quirk", "What the server does", "What Skuscribe does"], rows));
    }
    page
}
