#!/usr/bin/env bash
# Installs and starts what the tests need, on Debian: RabbitMQ, Redis, and moto in a virtual environment.
set -euo pipefail
cd "$(dirname "$0")/.."

answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

install() {
  command -v apt-get >/dev/null || { echo "please install: $*"; exit 1; }
  as_root apt-get update -qq
  DEBIAN_FRONTEND=noninteractive as_root apt-get install -y -qq "$@" >/dev/null
}

wait_for() {
  for _ in $(seq 1 120); do answers "$1" && return 0; sleep 0.5; done
  echo "$2 does not answer on port $1"; exit 1
}

# A port of one's own: SKUSCRIBE_TEST_AMQP_URL points the tests at another broker.
if [ -z "${SKUSCRIBE_TEST_AMQP_URL:-}" ] && ! answers 5672; then
  command -v rabbitmq-server >/dev/null || [ -x /usr/sbin/rabbitmq-server ] || install rabbitmq-server
  answers 5672 || as_root /usr/sbin/rabbitmq-server -detached
  wait_for 5672 RabbitMQ
fi

if ! answers 6379; then
  command -v redis-server >/dev/null || install redis-server
  answers 6379 || redis-server --daemonize yes --bind 127.0.0.1 --port 6379 --save "" --appendonly no >/dev/null
  wait_for 6379 Redis
fi

# The console is tested in a real browser.
if [ ! -x /usr/bin/chromedriver ] || [ ! -x /usr/bin/chromium ]; then
  install chromium chromium-driver
fi

# moto is a second S3; DuckDB and pyarrow read the index as others do.
if ! .venv/bin/python -c 'import axe_core_python, duckdb, moto, pyarrow' 2>/dev/null; then
  python3 -c 'import ensurepip, venv' 2>/dev/null || install python3-venv
  python3 -m venv .venv
  .venv/bin/pip install --quiet 'moto[server]==5.2.1' 'axe-core-python' 'duckdb>=1.4,<2' 'pyarrow>=20,<30'
fi
echo "services: RabbitMQ, Redis, Chromium, moto, DuckDB, pyarrow and axe-core are there"
