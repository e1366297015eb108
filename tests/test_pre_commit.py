"""Other repositories can have their pipelines linted by our hook."""

from __future__ import annotations

import re
from configparser import ConfigParser

import yaml
from examples import ROOT


def test_the_hook_runs_our_command_on_the_whole_project_when_part_of_it_changes() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    config = ConfigParser()
    config.read(ROOT / "setup.cfg")
    command = hook["entry"].split()[0]
    assert f"{command} = generator.cli:main" in config["options.entry_points"]["console_scripts"]
    assert (hook["language"], hook["pass_filenames"]) == ("python", False)
    changed = ["pipelines/team/_defaults.yaml", "environments/prod.yaml", "glue_scripts/a.py"]
    assert all(re.search(hook["files"], file) for file in changed)
    assert not re.search(hook["files"], "docs/pipelines/a.md")
