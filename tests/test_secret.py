"""No secret passes lint, and none is said again. (Every one here is made up, and in two parts.)"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from examples import VALID

from generator.compiler import lint
from generator.environment import load_environment
from generator.problem import Problem
from generator.project import Project
from generator.report import FORMATS, render
from generator.text_checks import secret

Pipelines = Callable[..., subprocess.CompletedProcess[str]]

AWS_KEY = "AKIA" + "Q3EGVYEXAMPLE777"
AWS_SECRET = "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY"
WORD = "aB3" * 20
CREDENTIALS = [
    AWS_KEY,
    "ASIA" + AWS_KEY[4:],
    "ghp" + f"_{WORD[:36]}",
    "github" + f"_pat_{WORD}",
    "glpat" + f"-{WORD[:20]}",
    "xoxb" + f"-123456789-{WORD}",
    "hooks.slack.com" + f"/services/T0{WORD[:8]}/B0{WORD[:8]}/{WORD[:24]}",
    "npm" + f"_{WORD[:36]}",
    "pypi" + f"-{WORD}",
    "sk" + f"_live_{WORD[:24]}",
    "sk" + f"-proj-{WORD}",
    "AIza" + (WORD * 2)[:35],
    "ya29" + f".{WORD}",
    "dapi" + "0123456789abcdef" * 2,
    "hf" + f"_{WORD[:34]}",
    "eyJ" + f"{WORD[:20]}.eyJ{WORD[:20]}.{WORD[:20]}",
    "-----BEGIN RSA PRIVATE" + f" KEY-----\n{WORD}\n-----END RSA PRIVATE KEY-----",
]


def found(text: str) -> list[str]:
    return [text[flaw.start : flaw.end] for flaw in secret.check(text)]


@pytest.mark.parametrize("credential", CREDENTIALS, ids=lambda each: each[:8])
@pytest.mark.parametrize("place", ["a: {}", "a: '{}'", "# {}", "? {}\n: 1", "[{}", "a={} b"])
def test_credentials_are_known_by_their_form_wherever_they_stand(
    place: str, credential: str
) -> None:
    assert found(place.format(credential)) == [credential]


@pytest.mark.parametrize("where", ["aws: {}", "# secret {}", f"- {AWS_KEY}\n- {{}}", "token\n\n{}"])
def test_an_aws_secret_key_is_known_by_the_words_around_it(where: str) -> None:
    assert AWS_SECRET in found(where.format(AWS_SECRET))


@pytest.mark.parametrize("scheme", ["postgresql", "redis", "https", "s3+http"])
def test_a_password_in_an_address_is_found(scheme: str) -> None:
    assert found(f"url: {scheme}://me:" + "hunter2@host/path") == ["hunter2"]


@pytest.mark.parametrize(
    "key",
    [
        *("password", "PASSWORD", "dbPassword", "db_password", "db-password", "db.password"),
        *("passwd", "pwd", "passphrase", "secret", "client_secret", "token", "auth_token"),
        *("api_key", "apiKey", "api-key", "aws_secret_access_key", "private_key", "credentials"),
        *("password_1", "token_value", "secrets"),
    ],
)
def test_a_key_that_is_called_like_a_secret_holds_none(key: str) -> None:
    assert found(f"{key}: hunter2") == ["hunter2"]
    assert found(f"a: {{b: 1, '{key}': \"hunter2\", c: 2}}") == ["hunter2"]


@pytest.mark.parametrize(
    "text",
    [
        "password: hunter2",
        "  - password: hunter2 # for now",
        "password: 'hunter2'",
        "password:\n  hunter2",
        "password:\r\n  hunter2\r\n",
        "password: |\n  hunter2\n",
        "password: >-\n\n  hunter2\n",
        "password: # below\n  hunter2\n",
        "password: &anchor hunter2",
        "password: !!str hunter2",
        "password: [hunter2, other]",
        "passwords:\n- hunter2",
        "? password\n: hunter2",
        "a: {password: hunter2, b: [",
        "\tpassword: hunter2",
        "params:\n  token: {type: string, default: hunter2}",
        "params:\n  token:\n    type: string\n    default: hunter2\nb: 1",
        "# password: hunter2",
        "# curl --password=hunter2 host",
        'description: "password: hunter2"',
    ],
)
def test_however_it_is_written(text: str) -> None:
    assert "hunter2" in found(text)[0]


@pytest.mark.parametrize(
    "text",
    [
        *("password_secret_name: churn/db", "secret_id: churn", "secret_arn: x", "token_path: a/b"),
        *("db_secret: churn/db", "credentials: arn:aws:secretsmanager:eu-west-1:1:secret:a"),
        *("password: ${{ env.variables.p }}", "password: '{{ params.p }}'", "password: $PASSWORD"),
        *("password:", "password: ~", "password: true", "password: 12345678", "password: -1.5e3"),
        *("password: '***'", "password: <yours>", "password: {a: 1}", "secret:\n  name: churn/db"),
        *("token_count: 5", "max_tokens: many", "pad_token: '[PAD]'", "tokenizer: bert-base"),
        *("secretary: anna", "secret_manager: aws", "password_policy: strict", "primary_key: id"),
        *("kms_key_arn: arn:aws:kms:eu-west-1:1:key/2", "partition_keys: [day]", "key: value"),
        *("# the token: see the wiki", "# password: required", "description: 'a token: a word'"),
        *("name: task-1-Risk-scoring-of-2026-With-Trees", "a: sk-learn-with-many-trees-inside"),
        *("url: https://host:8080/a@b", "url: s3://bucket/me@host", "image: 1.dkr.ecr/x@sha256:a"),
        "url: postgresql://me:${{env.variables.p}}@host",
        "name: glue-prepare-customer-churn-data-again",
        f"# token\nsha: {'2fd4e1c67a' * 4}",
        f"source: s3://{'bucket/' * 9}token/",
    ],
)
def test_what_is_no_secret_is_no_false_alarm(text: str) -> None:
    assert found(text) == []


def test_a_secret_is_found_again_where_nothing_tells_that_it_is_one() -> None:
    assert found("password: correct-horse\nname: correct-horse") == ["correct-horse"] * 2


def test_a_secret_is_found_in_a_file_that_is_no_yaml(project: Project) -> None:
    (project.pipelines / "x.yaml").write_text(f"a: [\n\tb: {AWS_KEY}\n")
    assert [(each.rule, each.line, each.column) for each in lint(project, "local")] == [
        ("secret", 2, 5),
        ("yaml", 3, 1),
    ]


SECRET = "unfaithful-donkey-charger-" + "x" * 90
"""So long that messages quote only its start."""

REPEATED = f"""\
schema_version: 1
name: {SECRET}
owner: tests
schedule: {SECRET}
{SECRET}: 1
retries: {SECRET}
tags: [{SECRET}, {SECRET}]
notify: {{on_failure: {SECRET}, on_failure: {SECRET}}}
password: {SECRET}
"""


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    "text",
    [
        REPEATED,
        REPEATED.replace(", on_failure", ", on_success"),
        REPEATED
        + f"glue: {{script: {SECRET}.py, arguments: {{{SECRET}: [], wrkers: {SECRET}}}}}\n",
        VALID.format(name="x").replace("ml.m5.large", SECRET) + f"password: {SECRET}\n",
        VALID.format(name=AWS_KEY),
        f"a: !{SECRET} b\npassword: {SECRET}\n",
        f"a: *{SECRET}\npassword: {SECRET}\n",
        f"a: @{SECRET}\npassword: {SECRET}\n",
        f"a: '{SECRET}\npassword: {SECRET}\n",
        f"{AWS_KEY}_password: hunter2x\n",
        "key: |\n  " + CREDENTIALS[-1].replace("\n", "\n  ") + "\nkye: [\n",
        "key:\n  " + CREDENTIALS[-1].replace("\n", "\n  @") + "\n",
    ],
)
def test_nothing_that_is_said_about_a_file_holds_its_secret(
    project: Project, text: str, form: str
) -> None:
    file = project.pipelines / "x.yaml"
    file.write_text(text)
    problems = lint(project, "local")
    assert "secret" in {each.rule for each in problems}
    said = render(problems, form, project, [file]) + "".join(map(repr, problems))
    for each in (SECRET[:8], AWS_KEY, "hunter2x", WORD[:12]):
        assert each not in said


def test_the_command_does_not_say_it_either(pipelines: Pipelines, project: Project) -> None:
    (project.pipelines / "x.yaml").write_text(REPEATED)
    for arguments in (("lint",), ("lint", "--fix"), ("show", "x"), ("run", "x")):
        finished = pipelines(*arguments)
        assert finished.returncode == 1
        assert SECRET[:8] not in finished.stdout + finished.stderr


def test_the_source_line_of_a_secret_is_shown_for_no_problem(project: Project) -> None:
    line = "glue: {script: clean.py, wrkers: 2, arguments: {password: hunter2x}}\n"
    (project.pipelines / "x.yaml").write_text(line)
    problems = lint(project, "local")
    assert {"secret", "unknown-key"} <= {each.rule for each in problems}
    assert "clean.py" not in render(problems, "text", project)


@pytest.mark.parametrize("file", ["pipelines/_defaults.yaml", "environments/local.yaml"])
def test_other_files_hold_no_secret_either(project: Project, file: str) -> None:
    (project.pipelines / "x.yaml").write_text(VALID.format(name="x"))
    place: Path = project.root / file
    before = place.read_text() if place.exists() else ""
    place.write_text(before + f"# {AWS_KEY}\n" + "retries: 1\n" * (not before))
    assert [(each.file, each.rule) for each in lint(project, "local")] == [(file, "secret")]


def test_an_environment_with_a_secret_is_not_used(project: Project) -> None:
    file = project.environments / "local.yaml"
    file.write_text(file.read_text() + "variables: {api_token: hunter2x}\n")
    environment, problems = load_environment(project, "local")
    assert environment is None
    assert [each.rule for each in problems] == ["secret"]


def test_the_secret_of_defaults_is_not_said_about_a_pipeline_that_inherits_it(
    project: Project,
) -> None:
    (project.pipelines / "_defaults.yaml").write_text(
        "training:\n  instance_type: &a correct-horse-battery\n  tags: {password: *a}\n"
        "# password: c0rrect-horse\nowner: c0rrect-horse\nretries: c0rrect-horse\n"
    )
    (project.pipelines / "x.yaml").write_text(VALID.format(name="x").replace("owner: tests\n", ""))
    problems = lint(project, "local")
    assert "secret" in {each.rule for each in problems}
    assert "c0rrect" not in "".join(f"{each}{each.path}" for each in problems)


def test_a_pipeline_with_a_secret_is_not_built(project: Project) -> None:
    (project.pipelines / "x.yaml").write_text(VALID.format(name="x") + f"# {AWS_KEY}\n")
    (problem,) = lint(project, "local")
    assert isinstance(problem, Problem)
    assert (problem.level, problem.line) == ("error", 16)


HIDDEN = [
    '"pass\\u0077ord": hunter2x\n',
    'password: "\\x68unter2x"\n',
    'password: "hunt\\\n  er2x"\n',
    "tags: {a: &a hunter2x, password: *a}\n",
    'tags: {"pass\\x77ords": [hunter2x]}\n',
    'params: {"t\\x6Fken": {type: string, default: hunter2x}}\n',
    "params: {token: &a {type: string, default: hunter2x}, other: *a}\n",
    f'description: "{AWS_KEY[:6]}\\x{ord(AWS_KEY[6]):x}{AWS_KEY[7:]}"\n',
    'description: "password:\\x20hunter2x"\n',
    f'"{AWS_KEY[:6]}\\x{ord(AWS_KEY[6]):x}{AWS_KEY[7:]}": 1\n',
    'aws: "' + AWS_SECRET.replace("/", "\\/") + '"\n',
    "password: \"{{ 'hunter2x' }}\"\n",
    "password: '{{ params.p | default(\"hunter2x\") }}'\n",
    "password: ${{ 'hunter2x' }}\n",
]
"""Secrets that only somebody who reads YAML finds, or Jinja."""


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("text", HIDDEN)
def test_a_secret_behind_escapes_aliases_and_quotes_is_found_and_not_said(
    project: Project, text: str, form: str
) -> None:
    file = project.pipelines / "x.yaml"
    file.write_text(VALID.format(name="x") + text)
    problems = lint(project, "local")
    assert [each.rule for each in problems].count("secret") == 1
    said = render(problems, form, project, [file]) + "".join(map(repr, problems))
    for each in ("hunter2x", AWS_KEY, AWS_SECRET):
        assert each not in said


@pytest.mark.parametrize(
    "text",
    [
        'tags: {"pass\\u0077ord_secret_name": churn/db, a: "C:\\\\x"}\n',
        "tags: {a: &a churn/db, db_secret: *a}\n",
        "params: {p: {type: string, default: '*'}}\ndescription: '{{ params[\"password\"] }}'\n",
    ],
)
def test_escapes_and_aliases_are_no_false_alarm(project: Project, text: str) -> None:
    (project.pipelines / "x.yaml").write_text(VALID.format(name="x") + text)
    assert "secret" not in {each.rule for each in lint(project, "local")}
