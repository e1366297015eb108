"""A project with an environment of the healthy account, and what the doctor prints about it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from examples import VALID
from healthy_account import HealthyAccount, Stub

from generator.cli import main
from generator.project import Project

NOTIFY = "notify: {on_failure: '${{ env.alerts_topic_arn }}'}\n"
ACCOUNT = "123456789012"


@dataclass
class Diagnosis:
    """What the doctor has printed: `lines` are marks with what follows them, and its exit code."""

    code: int
    text: str
    lines: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for line in self.text.splitlines():
            if found := re.fullmatch(r"  ([✓!✗?-]) (\S.*)", line):
                self.lines.append((found[1], re.sub(r" {2,}", ": ", found[2])))
            elif line.startswith(" " * 20):
                mark, said = self.lines[-1]
                self.lines[-1] = mark, f"{said} → {line.strip()}"

    @property
    def troubles(self) -> list[tuple[str, str]]:
        """The lines that are neither right nor skipped."""
        return [line for line in self.lines if line[0] not in "✓-"]

    @property
    def troubles_of_the_account(self) -> list[tuple[str, str]]:
        """The same without the one that a change of the project makes by itself."""
        return [line for line in self.troubles if not line[1].startswith("Deployed: ")]

    @property
    def skipped(self) -> str:
        return "\n".join(said for mark, said in self.lines if mark == "-")


@dataclass
class World:
    """The account, a project with the environment `prod` in it, and the doctor's command."""

    account: HealthyAccount
    project: Project
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def doctor(self, name: str = "prod") -> Diagnosis:
        self.capsys.readouterr()
        code = main(["doctor", "--env", name])
        printed = self.capsys.readouterr()
        assert printed.err == ""
        return Diagnosis(code, printed.out)

    def change_file(self, old: str, new: str) -> None:
        """Change environments/prod.yaml."""
        file = self.project.environment_file("prod")
        text = file.read_text("utf-8")
        assert old in text
        file.write_text(text.replace(old, new), "utf-8")

    def change_pipeline(self, old: str, new: str, name: str = "churn") -> None:
        file = self.project.pipelines / f"{name}.yaml"
        text = file.read_text("utf-8") if file.exists() else VALID.format(name=name)
        assert old in text
        file.write_text(text.replace(old, new), "utf-8")

    @contextmanager
    def answering(self, service: str) -> Iterator[Stub]:
        """Have a stub answer for one service."""
        stub = Stub()
        self.monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", stub.url)
        try:
            yield stub
        finally:
            stub.stop()
            self.monkeypatch.delenv(f"AWS_ENDPOINT_URL_{service}")


def write_project(
    project: Project, account: HealthyAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Write environment `prod` and a pipeline, and point boto3 at the account."""
    for variable in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(project.root / "no-such-file"))
    for name, value in account.variables.items():
        monkeypatch.setenv(name, value)
    project.environment_file("prod").write_text(account.file, "utf-8")
    text = VALID.format(name="churn") + NOTIFY
    (project.pipelines / "churn.yaml").write_text(text, "utf-8")
