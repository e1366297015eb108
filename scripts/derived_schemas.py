"""Write the schemas that are made from the pipeline's: of ``_defaults.yaml``, and for editors."""

from generator.json_schema.bundle import as_text, defaults_schema, editor_schema
from generator.project import schemas_folder

(schemas_folder() / "defaults.schema.json").write_text(as_text(defaults_schema()), "utf-8")
for name in ("pipeline", "defaults"):
    file = schemas_folder() / "editor" / f"{name}.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(as_text(editor_schema(name)), "utf-8")
