# Multi-stage: built with the whole toolchain, run as nobody with the binary, the certificates and the samples.
FROM rust:1.95-slim-bookworm AS build
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY crates/check/Cargo.toml crates/check/
COPY crates/eval/Cargo.toml crates/eval/
COPY crates/sandbox/Cargo.toml crates/sandbox/
COPY crates/workspace-hack/Cargo.toml crates/workspace-hack/
COPY vendor vendor
# The dependencies alone first, so that a change of the code does not build them again.
RUN mkdir -p src benches tests/it \
  && for target in src/main benches/worker benches/unchanged benches/sandbox benches/lanes benches/quota benches/answers benches/backfill tests/it/main tests/architecture; \
     do echo 'fn main() {}' >"$target.rs"; done \
  && for crate in check eval sandbox workspace-hack; do mkdir crates/$crate/src && touch crates/$crate/src/lib.rs; done \
  && touch src/lib.rs \
  && cargo build --profile dist --locked --features tables,search \
  && rm -rf src crates/*/src
COPY . .
RUN touch src/main.rs src/lib.rs crates/*/src/lib.rs && cargo build --profile dist --locked --features tables,search

FROM debian:bookworm-slim
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/* \
  && useradd --system --uid 10001 --home-dir /nonexistent skuscribe
COPY --from=build /src/target/dist/skuscribe /usr/local/bin/skuscribe
COPY samples /samples
USER 10001
ENTRYPOINT ["skuscribe"]
CMD ["worker"]
