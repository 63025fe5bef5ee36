#!/bin/sh
# Trains the tagger of names anew from crates/eval/names/ and writes config/privacy/names.bin. Takes some minutes; the same
# lists and templates give the same bytes.
set -eu
cd "$(dirname "$0")/.."
exec cargo run --release -p skuscribe-eval --example train-names
