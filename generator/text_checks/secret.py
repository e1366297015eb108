"""`secret`: no password, key or token is written in a file.

A pipeline file is read by everybody who can read the repository, and what was pushed once stays in
its history. So lint refuses what looks like a secret, in values, keys and comments alike: the keys
and tokens of well-known services, private keys, passwords in addresses, and any text behind a key
that is called password, secret, token, api_key or the like. The secret itself is never printed.

Keep it in AWS Secrets Manager, pass the name of it, and let the script read it with its own role:
a key that ends in `_name`, `_id` or `_arn` may hold any text, and so may one whose value is an
expression or a run-time template. If the secret was ever pushed, replace it by a new one now; to
delete the line is not enough.

    glue:
      script: clean.py
      arguments:
        aws_access_key_id: AKIAIOSFODNN7EXAMPLE
        database_password: correct-horse-battery
"""

import re
from collections.abc import Iterator
from itertools import islice

from generator.text_checks.assignment import Assignment, assignments, keys
from generator.text_checks.credential_forms import FORMS
from generator.text_checks.flaw import Flaw
from generator.text_checks.secrecy import RULE
from generator.text_checks.secret_names import MARKS, is_secret, may_name_a_secret

_HINT = (
    "keep it in AWS Secrets Manager and pass its name; if it was ever pushed, replace it by a new "
    "one now"
)
_HINT_OF_NAME = _HINT + "; a key for the name ends in _name, _id or _arn"

# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html
_AWS_SECRET = re.compile(r"(?<![A-Za-z0-9/+=_.-])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=_.-])")
_AWS_MARKS = ("aws", "akia", "asia", *MARKS)
_NEARBY = 200
"""Characters around 40 others within which a telling word makes them a secret."""

_MOST = 1_000
"""Places of one kind; a file with as many is refused for those that were found."""

_MOST_REPEATED = 100
_LONG = 8
"""Characters of a secret that is no ordinary word, whatever it stands for elsewhere."""

_NO_SECRET = re.compile(
    r"""(?ix) (?: ~ | null | none | true | false | yes | no | on | off
      | [-+]?[0-9][0-9_.]*(?:e[-+]?[0-9]+)?   # a number
      | arn:.* | (?-i:\$\{?[A-Z][A-Z0-9_]*\}?) | <.*> | (.)\1*  # a reference, or a placeholder
    )""",
    re.DOTALL,
)
_CONSTANT = re.compile(r"""(?:\{\{|\bdefault\(|\bor)\s*(['"])([^'"]*)\1""")
"""A text that an expression has of its own; one in brackets is the name of something."""
_PATH = re.compile(r"[A-Za-z0-9_.+=@-]+(?:/[A-Za-z0-9_.+=@-]+)+")
_ONE_ODD_WORD = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])\S{6,}")


def check(text: str) -> Iterator[Flaw]:
    found = [*_credentials(text), *islice(_aws_secrets(text), _MOST), *_named(text)]
    found += _repeated(text, found)
    end = -1
    for flaw in sorted(found, key=lambda flaw: flaw.start):
        if flaw.start >= end:  # else another form, or the key, has said it
            yield flaw
            end = flaw.end


def flaw_of(key: str, value: str) -> Flaw | None:
    """Return the flaw of a value if its key is called like a secret, and it may be one."""
    each = Assignment(key, 0, len(value), value, in_prose=False)
    return _flaw_of(each) if is_secret(key) and _is_literal(each) else None


def _credentials(text: str) -> Iterator[Flaw]:
    for form in FORMS:
        if any(mark in text for mark in form.marks):
            for found in islice(form.pattern.finditer(text), _MOST):
                start, end = found.span(found.re.groups)
                yield _flaw(start, end, f"this looks like {form.name}", _HINT)


def _aws_secrets(text: str) -> Iterator[Flaw]:
    lower = text.lower()
    if not any(mark in lower for mark in _AWS_MARKS):
        return
    for found in _AWS_SECRET.finditer(text):
        kinds = (str.isupper, str.islower, str.isdigit)
        nearby = lower[max(0, found.start() - _NEARBY) : found.end() + _NEARBY]
        if all(any(map(kind, found[0])) for kind in kinds) and any(
            mark in nearby for mark in _AWS_MARKS
        ):
            yield _flaw(*found.span(), "this looks like an AWS secret access key", _HINT)


def _named(text: str) -> Iterator[Flaw]:
    lower = text.lower()
    if not any(mark in lower for mark in MARKS):
        return
    for count, key in enumerate(keys(text, is_secret)):
        if count == _MOST:
            message = f"over {_MOST} keys of this file are called like secrets"
            yield _flaw(*key.span(1), message, _HINT_OF_NAME)
            return
        yield from map(_flaw_of, filter(_is_literal, assignments(text, key)))


def _repeated(text: str, found: list[Flaw]) -> Iterator[Flaw]:
    """Find other places of the same secrets, where nothing else tells that they are some."""
    secrets = {text[flaw.start : flaw.end] for flaw in found}
    for secret in islice(sorted(secrets), _MOST_REPEATED):
        if len(secret) >= _LONG:
            for again in islice(re.finditer(re.escape(secret), text), _MOST):
                yield _flaw(*again.span(), "this is a secret of another line", _HINT)


def _is_literal(each: Assignment) -> bool:
    """Tell whether the value may be the secret itself and not where to find it."""
    value = each.value.strip()
    if "{{" in value:
        return any(len(found[2]) > 2 for found in _CONSTANT.finditer(value))
    if len(value) < 3 or _NO_SECRET.fullmatch(value):
        return False
    if may_name_a_secret(each.key) and _PATH.fullmatch(value):
        return False
    # In a sentence, `password: required` is no password.
    return not each.in_prose or bool(_ONE_ODD_WORD.fullmatch(value))


def _flaw_of(each: Assignment) -> Flaw:
    message = f"the value of '{each.key}' looks like a secret"
    return _flaw(each.start, each.end, message, _HINT_OF_NAME)


def _flaw(start: int, end: int, message: str, hint: str) -> Flaw:
    return Flaw(start, end, RULE, message, hint)
