"""`script-syntax`: a Glue job's script is Python that its Glue version can run.

Glue 4.0 runs Python 3.10, 5.0 and later run Python 3.11. A script that is not valid Python there
ends the job at its first second, but only after the workers have started, which takes minutes.
The message gives the line in the script. The script is read, not run.

    # glue_scripts/broken.py
    print("cleaning"

    # pipelines/example.yaml
    glue:
      script: broken.py
"""

from collections.abc import Iterator

from generator.checks.subject import Subject
from generator.glue_script.script import python_of, read_script
from generator.problem import Finding
from generator.stages.glue import GlueJob


def check(subject: Subject) -> Iterator[Finding]:
    for path, job in subject.glue_jobs():
        version = job.get("glue_version", GlueJob.glue_version)
        script = subject.script(job)
        mistake = None if script is None else read_script(script, version).mistake
        if mistake is not None:
            line, reason = mistake
            message = f"line {line} of glue_scripts/{job['script']} is not valid Python: {reason}"
            python = ".".join(str(part) for part in python_of(version))
            hint = f"Glue {version} runs Python {python}"
            yield Finding((*path, "script"), "script-syntax", message, hint)
