"""Values and pieces of text that somebody could write and some program could stumble over."""

from __future__ import annotations

import copy

from hypothesis import strategies as st
from schema_values import ANYTHING

ODD_TEXTS = [
    *(
        "",
        " ",
        "\n",
        "\t",
        "\x00",
        "\x07",
        "\x1b[31m",
        "\x7f",
        "\x85",
        "\u2028",
        "\ufeff",
        "\u202e",
    ),
    *("\ud800", "\udfff", "\U0001f600", "e\u0301", "<<", "*", "&a", "!!python/none", "%", "- a"),
    *("null", "true", "on", "010", "1e3", "1e999", ".nan", "2026-01-05", "2026-02-30", "a" * 3_000),
    *("{{ ds }}", "{{ ds", "{{ var.value.x }}", "{{ params.nothing }}", "{% for x in y %}", "{#"),
    *("{{ macros.ds_add(ds, 1) }}", "{{ ''.__class__ }}", "{{ 9**9**9 }}", "{{ {{ }}", "}}"),
    *("${{ env.data_bucket }}", "${{ env.nothing }}", "${{ env }}", "${{ }}", "${{", "${{ 1/0 }}"),
    *("${{ env.name.upper() }}", "${{ env | list }}", "${{ '${{ env.name }}' }}", "a${{ 5 }}b"),
    *("${{ '\\x00' }}", "${{ '\\ud800' }}", "${{ env.nothing | default('\\x1b[2J') }}"),
    *(
        "../../etc/passwd",
        "/etc/passwd",
        "clean.py",
        "a.py\n",
        "s3://",
        "s3://b/{{ ds }}/",
        "@daily",
    ),
    *("* * * * *", "0 0 30 2 *", "60 * * * *", "* * * * * *", "0s", "9999d99999h", "1h\n", "-1d"),
    *(
        "arn:aws:iam::1:role/x",
        "AKIAIOSFODNN7EXAMPLE",
        "$(id)",
        "'; drop table dag",
        "glue",
        "name",
    ),
]
ODD_NUMBERS = [
    *(0, -1, 1, 2**31, 2**63, 2**64, 10**39, -(10**39), 0.0, -0.0, 1.0, 0.5, 1e-300, 1e300, 5e-324),
]
GARBAGE = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(ODD_NUMBERS),
    st.sampled_from(ODD_TEXTS),
    st.text(st.characters(), max_size=10),
    st.sampled_from([[], {}, [[]], {"": {}}, [None], {"a": None}, [{}], [[[[[[]]]]]]]),
    ANYTHING,
).map(copy.deepcopy)  # each a value of its own, which can be changed
ODD_KEYS = st.sampled_from([None, 5, 1.5, True, (1, 2), *ODD_TEXTS])

TOKENS = [
    *(
        "'",
        '"',
        "|",
        ">",
        "|-\n",
        "[",
        "]",
        "{",
        "}",
        ",",
        ": ",
        ":",
        "- ",
        "? ",
        "#",
        " # ",
        "&a ",
    ),
    *("*a", "!", "!!str ", "!!python/object/apply:os.system ['id']", "!!binary ", "%YAML 9.9\n"),
    *(
        "---\n",
        "...\n",
        "<<: *a\n",
        "<<: [*a, *b]\n",
        "\t",
        "\r",
        "\x00",
        "\x85",
        "\u2028",
        "\ufeff",
    ),
    *(
        "@",
        "`",
        "${{ env.name }}",
        "${{",
        "{{ ds }}",
        "null",
        "~",
        "1e999",
        "0x1F",
        "1:30",
        "=",
        "\\",
    ),
    *('"\\ud800"', '"\\0"', '"\\x1b[2J"', "a: &a [*a, *a]\n", "? [a, b]\n: c\n", "name: again\n"),
]
"""What means something to YAML or to Jinja."""
