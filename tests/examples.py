"""The repository, and the text of a small pipeline that is valid."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

VALID = """\
schema_version: 1
name: {name}
owner: tests
glue:
  script: clean.py
  arguments:
    source: s3://${{{{ env.data_bucket }}}}/in/
training:
  instance_type: ml.m5.large
  hyperparameters:
    objective: binary:logistic
    num_round: 10
endpoint:
  name: {name}
  instance_type: ml.m5.large
"""
