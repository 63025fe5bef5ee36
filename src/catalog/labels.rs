//! A file of labels: lists of attributes and options, by which codes of a catalog are read.

use std::path::Path;

use anyhow::Context as _;
use serde_json::Value;
use skuscribe_catalog::import::json::Labels;

/// Largest file of labels, in bytes.
const LABELS_BYTES_MAX: u64 = 256 << 20;

/// Reads lists of attributes and options: JSON, one a line or in a list.
pub(super) fn labels(path: &Path) -> anyhow::Result<Labels> {
    let place = path.display();
    let size =
        std::fs::metadata(path).with_context(|| format!("--labels {place}: the file cannot be read"))?.len();
    anyhow::ensure!(
        size <= LABELS_BYTES_MAX,
        "--labels {place}: the file has more than {LABELS_BYTES_MAX} bytes"
    );
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("--labels {place}: the file cannot be read"))?;
    let mut labels = Labels::default();
    let mut add = |item: &Value| match item {
        Value::Array(items) => items.iter().filter(|item| labels.add(item)).count(),
        item => usize::from(labels.add(item)),
    };
    let mut known = 0;
    for item in serde_json::Deserializer::from_str(&text).into_iter::<Value>() {
        let item = item.with_context(|| format!("--labels {place}: it is no JSON"))?;
        let embedded = item.pointer("/_embedded/items");
        known += add(embedded.unwrap_or(&item));
    }
    anyhow::ensure!(
        known > 0,
        "--labels {place}: no attribute and no option is in it; each needs \"code\" and \"labels\", an option also \"attribute\""
    );
    Ok(labels)
}
