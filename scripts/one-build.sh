#!/usr/bin/env bash
# Fails where Cargo would build a crate twice: for `make demo` and again for `make test`, or for us and again for a build script.
set -euo pipefail
cd "$(dirname "$0")/.."

crates() {
  cargo tree --locked --prefix none --no-dedupe --format '{p} {f}' "$@" | grep -Ev '^(skuscribe|workspace-hack)' | sort -u
}

demo=$(crates --edges normal,build)
test=$(crates --workspace --edges normal,build,dev --features tables,search)
twice=$(
  comm -23 <(echo "$demo") <(echo "$test") | cut -d' ' -f1,2
  cut -d' ' -f1,2 <<<"$test" | uniq -d
)
if [ -n "$twice" ]; then
  echo "built twice, for other features; name those that are missing in crates/workspace-hack/Cargo.toml:"
  while read -r crate; do
    grep "^$crate " <<<"$demo" | sed 's/^/demo: /'
    grep "^$crate " <<<"$test" | sed 's/^/test: /'
  done < <(sort -u <<<"$twice")
  exit 1
fi
