"""Hypothesis strategies for pipeline files: valid ones, mistaken ones and any bytes at all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from data_mistakes import mutated_data
from hypothesis import strategies as st
from hypothesis.vendor.pretty import RepresentationPrinter
from pipeline_values import valid_pipelines
from text_damage import mutated_bytes, mutated_text
from yaml_layouts import LAYOUTS

GOLDEN = Path(__file__).parent.parent / "golden" / "lint"
SEEDS = [case.read_bytes() for case in sorted(GOLDEN.glob("*.yaml"))]


@dataclass(frozen=True)
class PipelineFile:
    """A file of pipelines/ by its name without suffix.

    Where a test fails it is shown as it is, to become a golden case: put it into tests/golden/lint/
    and write the rule for its name.
    """

    name: str
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode("utf-8-sig", "replace")

    def __repr__(self) -> str:
        is_plain = self.text.encode() == self.content and all(
            character.isprintable() or character == "\n" for character in self.text
        )
        shown = self.text if is_plain else repr(self.content)
        return f"\n----- {self.name}.yaml -----\n{shown}\n----- end -----\n"

    def _repr_pretty_(self, printer: RepresentationPrinter, _cycle: bool) -> None:
        """What hypothesis shows; by itself it writes the fields of a dataclass."""
        printer.text(repr(self))


@st.composite
def valid_files(draw: st.DrawFn) -> PipelineFile:
    """Return a valid pipeline, written in one of the ways to write it."""
    data, layout = draw(valid_pipelines()), draw(LAYOUTS)
    return PipelineFile(data["name"], layout.encode(layout.write(data)))


@st.composite
def mistaken_files(draw: st.DrawFn) -> PipelineFile:
    """Return a valid pipeline after one to four mistakes in its data, its lines or both."""
    data, layout = draw(valid_pipelines()), draw(LAYOUTS)
    name, kind = data["name"], draw(st.sampled_from(["data", "lines", "both"]))
    text = layout.write(data if kind == "lines" else draw(mutated_data(data)))
    return PipelineFile(name, layout.encode(text if kind == "data" else draw(mutated_text(text))))


@st.composite
def damaged_files(draw: st.DrawFn) -> PipelineFile:
    """Return a golden case with some of its bytes changed, named as it says itself."""
    content = draw(mutated_bytes(SEEDS))
    name = re.search(rb"^name: ([a-z0-9-]{1,50})\s*$", content, re.MULTILINE)
    return PipelineFile(name[1].decode() if name else "pipeline", content)
