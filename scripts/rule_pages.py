"""Write docs/rules/: one page for each rule, made of its manual page and of what lint says."""

from pathlib import Path

from generator.manual import index, page
from generator.rules.catalogue import catalogue

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "rules"

FOLDER.mkdir(exist_ok=True)
for old in FOLDER.glob("*.md"):
    old.unlink()
for name, rule in catalogue().items():
    (FOLDER / f"{name}.md").write_text(page(rule), "utf-8")
(FOLDER / "README.md").write_text(index(), "utf-8")
