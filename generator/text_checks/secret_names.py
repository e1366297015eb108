"""Which keys hold secrets, by the words that they are made of."""

from __future__ import annotations

import re

MARKS = (
    *("passw", "passphrase", "passcode", "pwd", "secret", "token", "credential"),
    *("apikey", "accesskey", "privatekey", "secretkey", "accountkey", "authkey", "signingkey"),
    *("api_key", "access_key", "private_key", "account_key", "auth_key", "signing_key"),
    *("api-key", "access-key", "private-key", "account-key", "auth-key", "signing-key"),
)
"""A lower-case text without any of these has no such key, which is found out much faster."""

_SECRETS = {
    *("password", "passwords", "passwd", "passphrase", "passcode", "pwd"),
    *("secret", "secrets", "token", "tokens", "credential", "credentials"),
    *("apikey", "accesskey", "privatekey", "secretkey", "accountkey", "authkey", "signingkey"),
}
_SECRET_KEYS = {"api", "access", "private", "secret", "account", "auth", "signing"}
"""What makes a secret of the word `key` behind it; a KMS or an S3 key is none."""

_VALUE_WORDS = {"value", "default", "plaintext"}
"""Words at the end of a name that say nothing."""

_TOKENS_OF_TEXT = {
    *("pad", "eos", "bos", "unk", "cls", "sep", "mask", "special", "start", "end", "stop"),
    *("max", "min", "num", "n", "input", "output", "prompt", "completion", "new", "next", "first"),
    *("last", "decoder", "encoder", "image", "vocabulary", "vocab", "word", "subword", "text"),
}
"""What a language model calls tokens."""


def is_secret(key: str) -> bool:
    """Tell whether a key is the name of a secret, and not of something about one.

    `db_password` is, and `password_secret_name`, `token_count` and `secretary` are not: the last
    word decides.
    """
    words = _words(key)
    while words and (words[-1] in _VALUE_WORDS or words[-1].isdigit()):
        words.pop()
    *before, last = words or [""]
    previous = before[-1] if before else ""
    if last in ("token", "tokens") and previous in _TOKENS_OF_TEXT:
        return False
    return last in _SECRETS or (last in ("key", "keys") and previous in _SECRET_KEYS)


def may_name_a_secret(key: str) -> bool:
    """Tell whether people write the name of a secret behind such a key: `db_secret: churn/db`."""
    return bool({"secret", "secrets", "credential", "credentials"} & set(_words(key)[-1:]))


def _words(key: str) -> list[str]:
    """Return the words of a key in snake_case, kebab-case or camelCase."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key)
    return [word for word in re.split(r"[^a-z0-9]+", spaced.lower()) if word]
