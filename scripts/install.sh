#!/bin/sh
# Finds a Python that really runs and has it make .venv ready (scripts/virtual_environment.py).
#
# PYTHON=NAME takes that one. Otherwise the one that .venv was made with, as long as it still runs,
# and then the first of python3.12 (what MWAA runs), python3.11 and python3.
set -eu

cd "$(dirname "$0")/.."

# Prints nothing when Python $1 can be used, and otherwise why it can't. Each candidate is really
# run: the shim of a version manager exists and yet fails until its version is chosen, and Debian's
# Python lacks the modules for virtual environments until they are installed.
fault_of() {
    "$1" -I -c '
import sys
version = "%d.%d" % sys.version_info[:2]
if sys.version_info < (3, 11):
    print("is Python " + version)
else:
    try:
        import ensurepip, venv
    except ImportError:
        print("cannot make virtual environments; on Debian or Ubuntu: apt install python%s-venv" % version)
' </dev/null 2>/dev/null || echo "does not run"
}

fail() {
    echo "$1" >&2
    exit 1
}

make_ready() {
    exec "$1" -I scripts/virtual_environment.py
}

if [ -n "${PYTHON:-}" ]; then
    fault=$(fault_of "$PYTHON")
    [ -z "$fault" ] || fail "PYTHON=$PYTHON $fault. Name a Python 3.11 or newer, such as PYTHON=python3.12."
    make_ready "$PYTHON"
fi

if [ -r .venv/installed ]; then
    read -r remembered <.venv/installed || true
    [ -n "$(fault_of "${remembered:-none}")" ] || make_ready "$remembered"
fi

faults=
for candidate in python3.12 python3.11 python3; do
    if command -v "$candidate" >/dev/null; then
        fault=$(fault_of "$candidate")
        [ -n "$fault" ] || make_ready "$candidate"
        faults="$faults${faults:+; }$candidate $fault"
    fi
done
fail "No usable Python 3.11 or newer${faults:+ ($faults)}. Install Python 3.12, or name one: make PYTHON=/path/to/python3.12"
