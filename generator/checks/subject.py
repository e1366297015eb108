"""What a rule looks at: one resolved pipeline and where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.environment import Environment
from generator.problem import Path as KeyPath
from generator.stages import glue


@dataclass(frozen=True)
class Subject:
    """A pipeline's data after defaults and ``${{ }}``, its file and its environment."""

    data: Mapping[str, Any]
    file: Path
    glue_scripts: Path
    environment: Environment

    def glue_jobs(self) -> Iterator[tuple[KeyPath, Mapping[str, Any]]]:
        """Yield every Glue job with the path where it is written."""
        section = self.data.get("glue")
        if section is None:
            return
        for index, job in enumerate(glue.jobs(section)):
            yield (("glue", index) if isinstance(section, list) else ("glue",)), job
