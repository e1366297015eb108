"""Lint and the DAG loader as judges of one file, and what must hold of whatever they say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from loader_process import LoaderProcesses
from pipeline_files import PipelineFile

from generator.aws_requests.refusal import GROWING
from generator.aws_requests.requests import requests
from generator.aws_requests.service_model import find_violations
from generator.compiler import compile_pipeline, lint
from generator.environment import DEFAULT_NAME, load_environment
from generator.everywhere import ALL
from generator.fix import fix
from generator.lines import lines
from generator.local.aws.hyperparameters import validate
from generator.problem import Problem
from generator.project import Project
from generator.rules.catalogue import catalogue
from generator.xgboost_images import image_uri, versions


@dataclass(frozen=True)
class Judgement:
    """What both judges say of a file: the same problems, and the DAG where there is no error."""

    problems: list[Problem]
    dag: str | None = None

    @property
    def errors(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.level == "error"]


class Judges:
    """Lint in this process and two loaders in their own, of one project with at most one file.

    Every method raises AssertionError where a promise of ours is broken.
    """

    def __init__(self, project: Project, folder: Path) -> None:
        self.project = project
        names = project.environment_names()
        self._environments = {name: load_environment(project, name)[0] for name in names}
        self._loaders = LoaderProcesses(project, folder)

    def close(self) -> None:
        self._loaders.close()

    def judge(self, file: PipelineFile, environment: str) -> Judgement:
        """Have both judge the file, and its requests checked where it has no error."""
        with self._written(file) as path:
            judgement = Judgement(self._lint(file, path, environment))
            # The loaders take long, and build nothing where there is an error.
            if judgement.errors or environment == ALL:
                return judgement
            self._check_requests(path, environment)
            return Judgement(judgement.problems, self._dag(judgement, path, environment))

    def lint(self, file: PipelineFile, environment: str) -> list[Problem]:
        """Return what lint says of the file."""
        with self._written(file) as path:
            problems = lint(self.project, environment, [path])
        check_problems(problems, file.text)
        return problems

    def fix(self, file: PipelineFile) -> None:
        """Have `lint --fix` write into the file; what it leaves, nothing else can mend."""
        with self._written(file) as path:
            outcome = fix(self.project, lambda: lint(self.project, DEFAULT_NAME, [path]))
            mended = replace(file, content=path.read_bytes())
            assert self._lint(mended, path, DEFAULT_NAME) == outcome.left
        assert outcome.left_alone or not any(problem.replacement for problem in outcome.left)
        assert outcome.fixed or mended == file

    @contextmanager
    def _written(self, file: PipelineFile) -> Iterator[Path]:
        path = self.project.pipelines / f"{file.name}.yaml"
        path.write_bytes(file.content)
        yield path
        path.unlink()

    def _lint(self, file: PipelineFile, path: Path, environment: str) -> list[Problem]:
        problems = lint(self.project, environment, [path])
        assert problems == lint(self.project, environment, [path])
        check_problems(problems, file.text)
        return problems

    def _dag(self, judgement: Judgement, path: Path, environment: str) -> str:
        said, dag = self._loaders.load(environment, path)
        assert said == [str(problem) for problem in judgement.problems]
        assert dag is not None
        check_storable(json.loads(dag))
        return dag

    def _check_requests(self, path: Path, environment: str) -> None:
        """Assert that AWS takes every request, and its container the hyperparameters."""
        env = self._environments[environment]
        assert env is not None
        configuration, _ = compile_pipeline(self.project, env, path)
        assert configuration is not None
        builtin = [image_uri(env.values["region"], version) for version in versions()]
        for request in requests(configuration):
            violations = find_violations(request.service, request.operation, request.values)
            # Of an instance type that botocore does not know lint only warns.
            assert not [each for each in violations if each.shape not in GROWING]
            algorithm = request.values.get("AlgorithmSpecification", {})
            if algorithm.get("TrainingImage") in builtin:
                validate(request.values["HyperParameters"])


def check_problems(problems: list[Problem], text: str) -> None:
    """Assert that each problem is one that a person can read and find."""
    known = lines(text)
    assert problems == sorted(set(problems))
    for problem in problems:
        assert problem.rule in catalogue(), problem
        assert problem.message, problem
        assert problem.level in ("error", "warning"), problem
        assert str(problem).isprintable(), repr(problem)
        assert 1 <= problem.line <= len(known), problem
        assert 1 <= problem.column < problem.end_column, problem
        assert problem.column <= len(known[problem.line - 1]) + 1, problem


def check_storable(value: Any) -> None:
    """Assert that Airflow's database takes a DAG: PostgreSQL has no NUL and no lone surrogate."""
    if isinstance(value, dict):
        for key, each in value.items():
            check_storable(key)
            check_storable(each)
    elif isinstance(value, list):
        for each in value:
            check_storable(each)
    elif isinstance(value, str):
        assert "\0" not in value
        value.encode()
