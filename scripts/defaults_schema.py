"""Write schemas/defaults.schema.json, which is made from the pipeline's schema."""

import json

from generator.project import schemas_folder
from generator.schema_bundle import defaults_schema

text = json.dumps(defaults_schema(), indent=2, ensure_ascii=False) + "\n"
(schemas_folder() / "defaults.schema.json").write_text(text, "utf-8")
