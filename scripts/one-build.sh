#!/usr/bin/env bash
# Fails where `make test` would build a crate again after `make demo`, for features that only tests or optional parts ask for.
set -euo pipefail
cd "$(dirname "$0")/.."

crates() { cargo tree --locked --prefix none --no-dedupe --format '{p} {f}' "$@" | grep -v '^skuscribe' | sort -u; }

demo=$(crates --edges normal,build)
test=$(crates --edges normal,build,dev --features tables,search)
twice=$(comm -23 <(echo "$demo") <(echo "$test"))
if [ -n "$twice" ]; then
  echo "built twice; name the features that the tests have and the demo lacks under one-build in Cargo.toml:"
  while read -r crate version features; do
    echo "demo $crate $version $features"
    grep "^$crate $version " <<<"$test" | sed 's/^/test /'
  done <<<"$twice"
  exit 1
fi
