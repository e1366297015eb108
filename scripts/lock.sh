#!/bin/sh
# Writes the lock files in constraints/: all that setup.cfg asks for, under Amazon MWAA's own pins.
#
# The pins are in constraints/mwaa-VERSION.txt, for the version of Airflow that setup.cfg names.
set -eu

cd "$(dirname "$0")/.."

airflow=$(sed -n 's/^ *apache-airflow==//p' setup.cfg)
mwaa="constraints/mwaa-$airflow.txt"
if [ ! -r "$mwaa" ]; then
    echo "$mwaa is missing: the packages that MWAA pins for Airflow $airflow, as name==version" >&2
    exit 1
fi

pins=$(mktemp)
trap 'rm -f "$pins"' EXIT

# lock PYTHON UNPINNED: UNPINNED is a pattern of packages that MWAA pins to versions that this
# Python can't have. --universal makes one file do for Linux and macOS.
lock() {
    grep -viE "^($2)==" "$mwaa" >"$pins"
    .venv/bin/python -m uv pip compile setup.cfg --quiet --all-extras --universal \
        --python-version "$1" --constraint "$pins" --no-annotate --fork-strategy fewest \
        --custom-compile-command 'make lock' \
        --output-file "constraints/airflow-$airflow-python$1.txt"
}

lock 3.11 'numpy|pandas|scipy'
lock 3.12 'none'
