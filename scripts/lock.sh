#!/bin/sh
# Writes the lock files in constraints/: all that setup.cfg asks for, under Amazon MWAA's own pins.
#
#   make lock MWAA_CONSTRAINTS=FILE
#
# FILE lists the packages that MWAA pins for the Airflow version in setup.cfg, as name==version.
set -eu

cd "$(dirname "$0")/.."

if [ ! -r "${MWAA_CONSTRAINTS:-}" ]; then
    echo "Name the file with MWAA's pins: make lock MWAA_CONSTRAINTS=/path/to/constraints.txt" >&2
    exit 1
fi

airflow=$(sed -n 's/^ *apache-airflow==//p' setup.cfg)
pins=$(mktemp)
trap 'rm -f "$pins"' EXIT

# lock PYTHON UNPINNED: UNPINNED is a pattern of packages that MWAA pins to versions that this
# Python can't have. --universal makes one file do for Linux and macOS.
lock() {
    grep -viE "^($2)==" "$MWAA_CONSTRAINTS" >"$pins"
    .venv/bin/python -m uv pip compile setup.cfg --quiet --all-extras --universal \
        --python-version "$1" --constraint "$pins" --no-annotate --fork-strategy fewest \
        --custom-compile-command 'make lock' \
        --output-file "constraints/airflow-$airflow-python$1.txt"
}

mkdir -p constraints
lock 3.11 'numpy|pandas|scipy'
lock 3.12 'none'
