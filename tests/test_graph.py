"""Pictures of a pipeline."""

from generator.graph import boxes, mermaid

DIAMOND = {
    "d": {
        "tasks": {
            "first": {"operator": "x.GlueOperator", "dependencies": []},
            "left": {"operator": "x.GlueOperator", "dependencies": ["first"]},
            "right": {"operator": "x.GlueOperator", "dependencies": ["first"]},
            "last": {"operator": "x.TrainingOperator", "dependencies": ["left"]},
        }
    }
}


def test_mermaid_has_every_task_and_every_arrow() -> None:
    text = mermaid(DIAMOND)
    assert text.startswith("flowchart LR")
    assert text.count("AWS Glue") == 3
    assert {"first --> left", "first --> right", "left --> last"} <= {
        line.strip() for line in text.splitlines()
    }


def test_the_terminal_picture_has_a_row_per_step_and_names_what_an_arrow_cannot_show() -> None:
    rows = boxes(DIAMOND).split("▼")
    assert len(rows) == 3
    assert "left" in rows[1]
    assert "right" in rows[1]
    assert "after left" in rows[2]
    assert "after first" not in rows[1]
