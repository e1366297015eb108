"""What the text of a Glue script says about the arguments that it reads."""

RUN_ARGUMENT = "--pipeline_run"
"""The argument of a Glue job that tells to which run of its pipeline it belongs."""
