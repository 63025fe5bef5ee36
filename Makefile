# Everything that is done with the project. `make demo` and `make test` are all that a newcomer needs.

export CARGO_TERM_COLOR ?= auto
DIR ?= ../shared/eval
MOTO := $(CURDIR)/.venv/bin/moto_server
PYTHON := $(CURDIR)/.venv/bin/python

.PHONY: demo test check chaos bench bench-check eval mutants services demo-local-model schemas docs

# What the demo does not need (S3) is left out, and nothing is prepared for the next build.
DEMO := CARGO_INCREMENTAL=0 cargo run --no-default-features --features one-build,sandbox --

demo: ## The main job on a sample catalog, or on CATALOG=file: no service, no key, no network beyond building
	$(DEMO) demo --log warn $(CATALOG)

test: services check ## Formatting, lints, and every test through real services
	SKUSCRIBE_TEST_MOTO="$$(test -x $(MOTO) && echo $(MOTO) || echo moto_server)" \
	SKUSCRIBE_TEST_AXE="$$(ls $(CURDIR)/.venv/lib/python3*/site-packages/axe_core_python/axe.min.js 2>/dev/null | head -1)" \
	SKUSCRIBE_TEST_PYTHON="$$(test -x $(PYTHON) && echo $(PYTHON) || echo python3)" cargo test --workspace --tests --features tables,search

check: ## Formatting, lints, and that no crate is built twice
	cargo fmt --check
	cargo clippy --workspace --all-targets --all-features -- -D warnings
	scripts/one-build.sh
	@if cargo deny --version >/dev/null 2>&1; then cargo deny check advisories bans licenses sources; fi

chaos: services ## Ten minutes of faults, then the ledger: the table of docs/development/benchmarks.md
	cargo test --test it --features tables,search chaos::the_long_version -- --ignored --nocapture

bench: services ## The figures of docs/development/benchmarks.md
	cargo bench -p skuscribe-eval --bench instructions -- --long
	cargo bench --bench worker
	cargo bench --bench unchanged
	cargo bench --bench sandbox
	cargo bench --bench lanes
	cargo bench --bench quota
	cargo bench --features search --bench answers
	cargo bench --bench console
	cargo bench --features tables --bench backfill
	cargo build --release -p skuscribe-catalog --example products
	$(PYTHON) benches/peers/catalogs.py target/release/examples/products

bench-check: ## The instructions of the checks: fails where there are 5 % more than benches/instructions.toml has
	@if valgrind --version >/dev/null 2>&1; then cargo bench --quiet -p skuscribe-eval --bench instructions -- --check; \
	else echo "make bench-check: valgrind is not installed, nothing is counted"; fi

eval: ## The checks beside what people said of the same texts, and what others reach: make eval DIR=folder
	@test -e $(DIR) || { echo "make eval: $(DIR) is not there; write DIR=folder, of JSONL lines {facts, text, label}"; exit 1; }
	cargo run --release --quiet -- eval $(DIR)
	cargo run --release --quiet -- eval tests/honest.jsonl
	cargo run --release --quiet -- eval tests/unbearable.jsonl
	@cat benches/peers/eval.txt

mutants: ## What share of true copy made false is caught: make mutants DIR=folder of labelled texts or products
	@test -e $(DIR) || { echo "make mutants: $(DIR) is not there; write DIR=folder, of JSONL lines {facts, text, label} or products"; exit 1; }
	cargo run --release --quiet -- eval --mutants $(DIR)

services: ## RabbitMQ, Redis and moto: installed and started where they are missing
	scripts/services.sh

demo-local-model: ## Ten products, or CATALOG=file, through a real, very small model on this machine
	scripts/demo-local-model.sh

schemas: ## Write schemas/ anew from the types
	cargo run --quiet -- schema --write schemas

docs: ## Write the generated pages of docs/reference/ anew from the code
	cargo run --quiet --features tables,search -- schema --docs docs/reference
