"""What the doctor looks at: an environment of a project, its pipelines, and its AWS account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from generator.aws_requests.place import Place
from generator.deployment.health.account import Account
from generator.environment import DEFAULT_NAME, Environment
from generator.pipeline import Pipeline
from generator.project import Project
from generator.stages.endpoint import Endpoint
from generator.stages.training import Training
from generator.verdict import Verdict

EMULATED_ACCOUNT = "123456789012"
"""The account that AWS's own examples have, and the emulated AWS."""


@dataclass(frozen=True)
class Installation:
    """An environment, what lint says of each pipeline in it, and the account behind it."""

    project: Project
    environment: Environment
    verdicts: tuple[Verdict, ...]
    account: Account

    @property
    def values(self) -> Mapping[str, Any]:
        """What ``environments/<name>.yaml`` says."""
        return self.environment.values

    @property
    def mwaa(self) -> Mapping[str, Any]:
        """The section ``mwaa``, empty where there is none."""
        section: Mapping[str, Any] = self.values.get("mwaa", {})
        return section

    @property
    def file(self) -> str:
        """The environment's file as people name it."""
        return self.project.shown(self.project.environment_file(self.environment.name))

    @property
    def place(self) -> Place:
        """Partition, region and account that the environment names."""
        _, partition, _, _, account, _ = self.values["glue_role_arn"].split(":", 5)
        return Place(partition, self.values["region"], account)

    @property
    def imaginary(self) -> bool:
        """Whether nobody can have this account: then only an emulated AWS can be meant."""
        return self.place.account == EMULATED_ACCOUNT

    @property
    def local(self) -> bool:
        """Whether this is the environment that `pipelines run` and `pipelines ui` use."""
        return self.environment.name == DEFAULT_NAME

    @property
    def configurations(self) -> list[Mapping[str, Any]]:
        """The dag-factory configuration of each pipeline without an error."""
        return [each.configuration for each in self.verdicts if each.configuration is not None]

    def trainings(self) -> list[Training]:
        """The training job of each pipeline that has one."""
        return [job for each in self.pipelines for job in each.of_kind(Training)]

    def endpoints(self) -> list[Endpoint]:
        """The endpoint of each pipeline that has one."""
        return [endpoint for each in self.pipelines for endpoint in each.of_kind(Endpoint)]

    @property
    def pipelines(self) -> list[Pipeline]:
        """The pipelines without an error."""
        return [each.pipeline for each in self.verdicts if each.pipeline is not None]

    def how_to_make(self, template: str) -> str:
        """Say how what is missing comes to be, by the name of its CloudFormation template."""
        if self.local:
            return "`pipelines run NAME` on this emulated AWS makes it."
        return f"infra/{template} makes it: see infra/README.md."
