"""What credentials of well-known services look like; each of them names itself."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Form:
    """One kind of credential: what people call it, and what it looks like.

    A text without any of the ``marks`` holds none, which is found out much faster. Where the
    pattern has a group, that is the credential.
    """

    name: str
    marks: tuple[str, ...]
    pattern: re.Pattern[str]


def _form(name: str, marks: str, pattern: str) -> Form:
    # Not within a longer word: `risk-` is no beginning of `sk-`.
    return Form(name, tuple(marks.split()), re.compile(rf"(?<![A-Za-z0-9-])(?:{pattern})"))


FORMS = (
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
    _form("an AWS access key", "AKIA ASIA", r"A[KS]IA[A-Z0-9]{16}(?![A-Za-z0-9])"),
    Form(
        "a private key",
        ("PRIVATE KEY",),
        re.compile(
            r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
            r"(?:(?:(?!-----)[\s\S]){0,20000}-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?"
        ),
    ),
    # https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github#githubs-token-formats
    _form("a GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_", r"gh[pousr]_[A-Za-z0-9]{30,255}"),
    _form("a GitHub token", "github_pat_", r"github_pat_[A-Za-z0-9_]{22,255}"),
    # https://docs.gitlab.com/security/tokens/#token-prefixes
    _form(
        "a GitLab token",
        "glpat- gldt- glrt- glrtr- glcbt- glptt- glft- glimt- glagent- glwt- glsoat- glffct-",
        r"gl(?:pat|dt|rt|rtr|cbt|ptt|ft|imt|agent|wt|soat|ffct)-[A-Za-z0-9_.=-]{20,255}",
    ),
    # https://docs.slack.dev/authentication/tokens
    _form("a Slack token", "xox xapp-", r"(?:xox[a-z]|xapp)-[A-Za-z0-9-]{10,255}"),
    _form(
        "a Slack webhook", "hooks.slack.com", r"hooks\.slack\.com/[a-z]{1,20}/[A-Za-z0-9/]{20,255}"
    ),
    _form("an npm token", "npm_", r"npm_[A-Za-z0-9]{36}"),
    _form("a PyPI token", "pypi-", r"pypi-[A-Za-z0-9_-]{50,512}"),
    # https://docs.stripe.com/keys
    _form("a Stripe key", "k_live_ k_test_", r"[sr]k_(?:live|test)_[A-Za-z0-9]{10,255}"),
    _form(
        "an OpenAI or Anthropic key",
        "sk-",
        r"sk-(?=[A-Za-z_-]{0,255}[0-9])(?=[a-z0-9_-]{0,255}[A-Z])[A-Za-z0-9_-]{20,255}",
    ),
    _form("a Google API key", "AIza", r"AIza[A-Za-z0-9_-]{35}"),
    _form("a Google OAuth secret", "GOCSPX- ya29.", r"(?:GOCSPX-|ya29\.)[A-Za-z0-9_-]{20,255}"),
    _form("a Databricks token", "dapi", r"dapi[a-f0-9]{32}"),
    _form("a Hugging Face token", "hf_", r"hf_[A-Za-z0-9]{30,255}"),
    # https://datatracker.ietf.org/doc/html/rfc7519: `eyJ` is `{"` in base64.
    _form(
        "a JSON web token",
        "eyJ",
        r"eyJ[A-Za-z0-9_-]{8,4096}\.eyJ[A-Za-z0-9_-]{8,4096}(?:\.[A-Za-z0-9_-]{1,4096})?",
    ),
    Form(
        "a password in an address",
        ("://",),
        re.compile(r"://[^\s/:@\"'{}<>$]{0,255}:([^\s/@\"'{}<>$][^\s/@\"'{}<>]{0,255})@"),
    ),
)
