"""The function that starts pipelines: against the emulated MWAA, with a stand-in for Airflow.

With real ones: test_trigger_airflow.py.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from lambda_function import FOLDER, Context, event, loaded
from stacks import Stacks
from stand_in_airflow import StandInAirflow, register, stand_in_airflow

from generator.local.aws.server import EmulatedAws

ENVIRONMENT = "acme-ml"
SOURCE = {"source": "s3://{detail.bucket.name}/{detail.object.key}"}
DETAILS = {"is_paused": False, "params": {"source": {"value": "a"}, "rows": {"value": 1}}}
STARTED = [(200, DETAILS), (200, {})]


@pytest.fixture(autouse=True)
def variables(aws: EmulatedAws, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in aws.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("MWAA_ENVIRONMENT", ENVIRONMENT)


@pytest.fixture(scope="module")
def environment(aws: EmulatedAws, stacks: Stacks) -> str:
    stacks.clients("mwaa").create_environment(
        Name=ENVIRONMENT,
        ExecutionRoleArn="arn:aws:iam::123456789012:role/mwaa",
        SourceBucketArn="arn:aws:s3:::acme-mwaa",
        DagS3Path="dags",
        NetworkConfiguration={
            "SubnetIds": ["subnet-1", "subnet-2"],
            "SecurityGroupIds": ["sg-1"],
        },
    )
    return ENVIRONMENT


@pytest.fixture
def airflow(aws: EmulatedAws, environment: str) -> Iterator[StandInAirflow]:
    """What stands in for Airflow 3; the function finds it through MWAA."""
    with stand_in_airflow() as running:
        register(aws.url, environment, running.url)
        yield running


@pytest.fixture
def modules() -> Iterator[dict[str, Any]]:
    with loaded() as modules:
        modules["rest_api"].FIRST_PAUSE = 0.04
        yield modules


Start = Callable[..., dict[str, Any]]


@pytest.fixture
def start(modules: dict[str, Any]) -> Start:
    """Invoke the function for an event, with `seconds` left."""

    def invoke(seconds: float = 120, **changes: Any) -> dict[str, Any]:
        given = {"pipeline": "churn", "conf": SOURCE, "event": event(), **changes}
        return dict(modules["trigger"].handler(given, Context(seconds)))

    return invoke


@pytest.fixture
def fails(modules: dict[str, Any], start: Start) -> Callable[..., str]:
    """Invoke the function and return the one sentence that it fails with."""

    def invoke(*arguments: Any, **changes: Any) -> str:
        with pytest.raises(modules["trigger_error"].TriggerError) as caught:
            start(*arguments, **changes)
        return str(caught.value)

    return invoke


def asked(airflow: StandInAirflow) -> list[str]:
    """What Airflow was asked, without signing in."""
    return [f"{each.method} {each.path}" for each in airflow.asked if "/auth/" not in each.path]


# ---------------------------------------------------------------------------------- a run starts


def test_an_event_starts_a_run_with_its_own_id_date_and_conf(start, airflow):
    airflow.answers = [*STARTED]
    answer = start()
    assert asked(airflow) == ["GET /api/v2/dags/churn/details", "POST /api/v2/dags/churn/dagRuns"]
    body = airflow.asked[-1].body
    assert body == {
        "dag_run_id": "event-17793124-05d4-b198-2fde-7ededc63b103",
        "logical_date": body["logical_date"],
        "conf": {"source": "s3://incoming/churn/november.csv"},
    }
    assert answer == {
        "pipeline": "churn",
        "dag_run_id": body["dag_run_id"],
        "logical_date": body["logical_date"],
        "started": True,
    }


def test_a_scheduled_rule_needs_no_conf(start, airflow):
    airflow.answers = [*STARTED]
    start(conf=None)
    assert airflow.asked[-1].body["conf"] == {}


def test_the_log_is_json_and_has_nothing_of_conf(start, airflow, capsys):
    airflow.answers = [(503, {}), (200, {**DETAILS, "is_paused": True}), (200, {})]
    start(conf={"source": "canary"})
    printed = capsys.readouterr().out
    lines = [json.loads(line) for line in printed.splitlines()]
    assert [line["message"].split(":")[0] for line in lines] == [
        "trying again",
        "started",
        "the pipeline is paused",
    ]
    assert lines[1]["dag_run_id"] == "event-17793124-05d4-b198-2fde-7ededc63b103"
    assert "canary" not in printed


# -------------------------------------------------------------------------------- logical dates


def logical_dates(modules: dict[str, Any], number: int = 0, **changes: Any) -> str:
    read = modules["request"].read
    return str(read({"pipeline": "churn", "event": event(**changes)}).logical_date(number))


def test_one_event_has_one_date_within_its_second(modules):
    date = logical_dates(modules)
    assert date == logical_dates(modules)
    assert date.startswith("2026-11-12T06:30:00.")
    assert date.endswith("+00:00")


def test_a_thousand_events_of_one_second_have_a_thousand_dates(modules):
    dates = {logical_dates(modules, id=f"event-{number}") for number in range(1000)}
    assert len(dates) > 990  # a million microseconds; the function looks again where two meet
    assert not [date for date in dates if ".000000" in date or "." not in date]


@pytest.mark.parametrize(
    "moment", ["2026-11-12T06:30:00Z", "2026-11-12T07:30:00+01:00", "2026-11-12T06:30:00.9Z"]
)
def test_the_date_is_the_same_however_its_time_is_written(modules, moment):
    assert logical_dates(modules, time=moment) == logical_dates(modules)


# ----------------------------------------------------------------------------------------- conf


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"source": "{detail.object.key}"}, {"source": "churn/november.csv"}),
        ({"rows": "{detail.object.size}"}, {"rows": 5}),
        ({"rows": "{detail.object.size} rows"}, {"rows": "5 rows"}),
        ({"rows": [{"a": "{detail-type}"}, 7, None]}, {"rows": [{"a": "Object Created"}, 7, None]}),
        ({"source": "{{{id}}}"}, {"source": "{17793124-05d4-b198-2fde-7ededc63b103}"}),
        ({"source": "{{no}} {source}"}, {"source": "{no} aws.s3"}),
        ({"source": "plain"}, {"source": "plain"}),
    ],
)
def test_a_placeholder_is_a_value_of_the_event(modules, given, wanted):
    read = modules["request"].read
    assert read({"pipeline": "churn", "conf": given, "event": event()}).conf == wanted


def test_a_key_with_quotes_and_braces_stays_what_it_is(modules):
    key = 'churn/a "quoted" {id} \\ {{x}} ümläut.csv'
    detail = {"bucket": {"name": "b"}, "object": {"key": key}}
    read = modules["request"].read
    found = read({"pipeline": "churn", "conf": SOURCE, "event": event(detail=detail)})
    assert found.conf == {"source": f"s3://b/{key}"}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{detail.objekt.key}", "asks for 'detail.objekt.key', which the event does not have"),
        ("{detail.object.key.upper}", "asks for 'detail.object.key.upper'"),
        ("{resources.0}", "asks for 'resources.0'"),
        ("{__class__}", "asks for '__class__'"),
        ("a {id.__class__.__mro__}", "asks for 'id.__class__.__mro__'"),
        ("s3://{detail}", "'detail' of the event is no text"),
        ("{}", "a brace that names nothing in '{}'"),
        ("a } b", "a brace that names nothing"),
        ("a {b", "a brace that names nothing"),
    ],
)
def test_a_placeholder_that_stands_for_nothing_is_refused(fails, airflow, text, complaint):
    assert complaint in fails(conf={"source": text})
    assert airflow.asked == []


def test_a_key_that_is_no_param_is_refused_with_the_nearest_one(fails, airflow):
    airflow.answers = [(200, DETAILS)]
    sentence = fails(conf={"sorce": "x"})
    assert sentence == (
        "conf has the key 'sorce', which is no param of 'churn' (did you mean 'source'?)"
    )
    assert asked(airflow) == ["GET /api/v2/dags/churn/details"]


def test_without_a_near_one_all_params_are_named(fails, airflow):
    airflow.answers = [(200, DETAILS), (200, {"params": None})]
    assert "(params: rows, source)" in fails(conf={"year": 1})
    assert "(params: none)" in fails(conf={"year": 1})


# ------------------------------------------------------------------------------- one run an event


def runs(*names: str) -> tuple[int, Any]:
    return 200, {"dag_runs": [{"dag_run_id": name} for name in names], "total_entries": len(names)}


@pytest.mark.parametrize(
    ("version", "name"), [("2.11.2", "execution_date"), ("3.3.1", "logical_date")]
)
def test_a_second_delivery_starts_nothing_and_is_no_failure(start, airflow, version, name):
    run = "event-17793124-05d4-b198-2fde-7ededc63b103"
    airflow.answers = [(200, DETAILS), (409, {}), (200, {"version": version}), runs(run)]
    assert start()["started"] is False
    assert f"/dags/churn/dagRuns?{name}_gte=2026-11-12T06%3A30%3A00." in airflow.asked[-1].path


def test_a_run_of_another_event_at_that_date_leads_to_another_date(start, airflow):
    version = (200, {"version": "3.3.1"})
    airflow.answers = [(200, DETAILS), (409, {}), version, runs("event-other"), (200, {})]
    assert start()["started"] is True
    dates = [each.body["logical_date"] for each in airflow.asked if "conf" in (each.body or {})]
    assert len(set(dates)) == 2


def test_where_all_dates_are_taken_it_gives_up(fails, airflow):
    taken = [(409, {}), (200, {"version": "3.3.1"}), runs("event-other")]
    airflow.answers = [(200, DETAILS), *5 * taken]
    assert "have all dates" in fails()


# -------------------------------------------------------------------------------- what may pass


def test_throttling_is_waited_for(start, airflow, aws, environment):
    register(aws.url, environment, airflow.url, throttled=4)
    airflow.answers = [*STARTED]
    assert start()["started"] is True


def test_boto3_does_not_try_again_by_itself_where_no_time_is_left(fails, airflow, aws, environment):
    register(aws.url, environment, airflow.url, throttled=1)
    airflow.answers = [*STARTED]
    assert "ThrottlingException: Rate exceeded" in fails(seconds=12.01)
    assert airflow.asked == []


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_web_server_in_trouble_is_asked_again(start, airflow, status):
    airflow.answers = [(status, {}), STARTED[0], (status, {}), (status, {}), STARTED[1]]
    assert start()["started"] is True


def test_the_pauses_grow(start, airflow, modules):
    moments: list[float] = []

    class Answers(list):
        def pop(self, _: int) -> Any:
            moments.append(time.monotonic())
            return (503, {}) if len(moments) < 6 else STARTED[len(moments) - 6]

    airflow.answers = Answers()
    start()
    pauses = [after - before for before, after in pairwise(moments)][:5]
    for number, pause in enumerate(pauses):
        assert pause > 0.04 * 2**number / 2


def test_a_run_whose_answer_got_lost_is_not_started_twice(start, airflow):
    run = "event-17793124-05d4-b198-2fde-7ededc63b103"
    version = (200, {"version": "3.3.1"})
    airflow.answers = [(200, DETAILS), (500, {}), (409, {}), version, runs(run)]
    assert start()["started"] is False


def test_it_gives_up_while_there_is_time_to_say_so(fails, airflow):
    airflow.answers = 100 * [(503, {})]
    began = time.monotonic()
    sentence = fails(seconds=14)
    assert sentence == "MWAA environment 'acme-ml' fails: Airflow answered 503"
    assert time.monotonic() - began < 10
    assert len(airflow.asked) > 2


def test_without_an_answer_of_aws_it_gives_up_too(fails, airflow, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert "Could not connect" in fails(seconds=12.2)


# ------------------------------------------------------------------------------------ what stays


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        (
            [(404, {"detail": "not found"})],
            "MWAA environment 'acme-ml' has no pipeline 'churn': is it deployed, and does lint "
            "pass?",
        ),
        (
            [(200, DETAILS), (400, {"detail": "'x' is not of type 'integer'"})],
            "Airflow refused to start 'churn' (400): 'x' is not of type 'integer'",
        ),
        (
            [(200, DETAILS), (422, {"detail": [{"msg": "extra"}]})],
            """Airflow refused to start 'churn' (422): [{"msg": "extra"}]""",
        ),
        ([(403, "Forbidden")], "Airflow refused to start 'churn' (403): Forbidden"),
    ],
)
def test_what_airflow_refuses_fails_at_once_with_its_reason(fails, airflow, answers, sentence):
    airflow.answers = [*answers]
    assert fails() == sentence
    assert airflow.answers == []


def test_an_environment_that_is_not_there_fails_at_once(fails, airflow, monkeypatch):
    monkeypatch.setenv("MWAA_ENVIRONMENT", "nowhere")
    sentence = fails()
    assert sentence.startswith("MWAA environment 'nowhere' cannot be called: ResourceNotFound")


def test_a_name_fits_into_the_path_or_is_refused_before_any_call(start, fails, airflow):
    airflow.answers = [*STARTED]
    start(pipeline="a" * 50)
    before = len(airflow.asked)
    assert fails(pipeline="a" * 51).endswith("only if it has at most 50")
    assert len(airflow.asked) == before


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"pipeline": None}, "names no pipeline: null"),
        ({"pipeline": "../variables"}, "names no pipeline"),
        ({"pipeline": "a/../../config"}, "names no pipeline"),
        ({"event": None}, "no 'event' with an 'id'"),
        ({"event": {"time": "2026-01-05T06:00:00Z"}}, "no 'event' with an 'id'"),
        ({"event": event(id="a..b")}, "no 'event' with an 'id'"),
        ({"event": event(id="a b")}, "no 'event' with an 'id'"),
        ({"event": event(time="yesterday")}, "no 'time' such as 2026-01-05T06:00:00Z"),
        ({"event": event(time=None)}, "no 'time' such as 2026-01-05T06:00:00Z"),
        ({"conf": ["source"]}, "must be an object"),
    ],
)
def test_an_input_that_is_none_is_refused_before_any_call(fails, airflow, changes, complaint):
    assert complaint in fails(**changes)
    assert airflow.asked == []


def test_the_function_must_know_its_environment(fails, monkeypatch):
    monkeypatch.delenv("MWAA_ENVIRONMENT")
    assert "MWAA_ENVIRONMENT names no MWAA environment" in fails()


# --------------------------------------------------------------------------------- trigger.yaml


@pytest.fixture(scope="module")
def deployed(stacks: Stacks, base: dict[str, str]) -> dict[str, str]:
    return stacks.deploy(
        "trigger",
        Name=ENVIRONMENT,
        Pipeline="both",
        Schedule="cron(0 6 ? * MON *)",
        ScheduleConf='{"rows": 7}',
        Bucket=base["DataBucket"],
    )


def targets(stacks: Stacks, outputs: dict[str, str]) -> dict[str, Any]:
    """Return the rules that call the function with their one target, by the rule's name."""
    events, found = stacks.clients("events"), {}
    for rule in events.list_rules()["Rules"]:
        (target,) = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
        if target["Arn"].endswith(f":{outputs['Function']}"):
            found[rule["Name"]] = rule, target
    return found


def test_the_rules_may_call_the_function_and_leave_what_fails_in_the_queue(stacks, deployed):
    found = targets(stacks, deployed)
    assert len(found) == 2
    policy = stacks.clients("lambda").get_policy(FunctionName=deployed["Function"])["Policy"]
    sqs = stacks.clients("sqs")
    queue = sqs.get_queue_attributes(QueueUrl=deployed["DeadLetters"], AttributeNames=["All"])
    attributes = queue["Attributes"]
    for rule, target in found.values():
        assert rule["Arn"] in policy
        assert rule["Arn"] in attributes["Policy"]
        assert target["DeadLetterConfig"]["Arn"] == attributes["QueueArn"]
    assert attributes["SqsManagedSseEnabled"] == "true"


def test_the_function_is_tried_thrice_and_may_do_little(stacks, deployed):
    client = stacks.clients("lambda")
    tries = client.get_function_event_invoke_config(FunctionName=deployed["Function"])
    assert (tries["MaximumRetryAttempts"], tries["MaximumEventAgeInSeconds"]) == (2, 21600)
    function = client.get_function_configuration(FunctionName=deployed["Function"])
    assert function["Environment"]["Variables"] == {"MWAA_ENVIRONMENT": ENVIRONMENT}
    statements = stacks.policies(function["Role"])["trigger"]["Statement"]
    may = {
        statement["Sid"]: (statement["Action"], statement["Resource"]) for statement in statements
    }
    role = f"arn:aws:airflow:us-east-1:123456789012:role/{ENVIRONMENT}/User"
    assert may["Airflow"] == ("airflow:InvokeRestApi", role)
    assert set(may) == {"Airflow", "Logs", "DeadLetters"}
    (logs,) = stacks.clients("logs").describe_log_groups(logGroupNamePrefix=deployed["Logs"])[
        "logGroups"
    ]
    assert logs["retentionInDays"] == 90


def test_a_message_in_the_queue_is_an_alarm(stacks, base, deployed):
    alarms = stacks.clients("cloudwatch").describe_alarms(AlarmNames=["acme-ml-both-not-started"])
    (alarm,) = alarms["MetricAlarms"]
    assert alarm["AlarmActions"] == [base["AlertsTopicArn"]]
    (dimension,) = alarm["Dimensions"]
    assert deployed["DeadLetters"].endswith("/" + dimension["Value"])


@pytest.mark.parametrize(
    ("parameters", "kept"), [({"Schedule": "rate(1 hour)"}, 1), ({"Bucket": "incoming"}, 1)]
)
def test_a_rule_that_nobody_asks_for_is_not_made(stacks, base, parameters, kept):
    pipeline = f"only-{next(iter(parameters)).lower()}"
    outputs = stacks.deploy("trigger", Name=ENVIRONMENT, Pipeline=pipeline, **parameters)
    assert len(targets(stacks, outputs)) == kept


def watched(stacks: Stacks, outputs: dict[str, str]) -> str:
    """Put a queue in the place of the function and return its URL: moto calls no function."""
    events, sqs = stacks.clients("events"), stacks.clients("sqs")
    url = sqs.create_queue(QueueName="watched")["QueueUrl"]
    for each in events.list_rules()["Rules"]:
        for target in events.list_targets_by_rule(Rule=each["Name"])["Targets"]:
            events.remove_targets(Rule=each["Name"], Ids=[target["Id"]])
            if target["Arn"].endswith(f":{outputs['Function']}"):
                there = {"Arn": "arn:aws:sqs:us-east-1:123456789012:watched"}
                there["InputTransformer"] = target["InputTransformer"]
                events.put_targets(Rule=each["Name"], Targets=[{"Id": "watched", **there}])
    return str(url)


def messages(stacks: Stacks, url: str) -> list[Any]:
    found = stacks.clients("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    return [json.loads(message["Body"]) for message in found.get("Messages", ())]


def test_an_object_below_the_prefix_reaches_the_packaged_function_as_conf(
    stacks, base, airflow, tmp_path
):
    outputs = stacks.deploy(
        "trigger",
        Name=ENVIRONMENT,
        Pipeline="churn",
        Bucket=base["DataBucket"],
        Prefix="churn/",
    )
    queue, s3, key = watched(stacks, outputs), stacks.clients("s3"), 'churn/a "b" {c} & ü.csv'
    s3.delete_bucket_policy(Bucket=base["DataBucket"])  # moto takes its Deny for unconditional
    for each in ("other/a.csv", key):
        s3.put_object(Bucket=base["DataBucket"], Key=each, Body=b"1")
    (sent,) = messages(stacks, queue)  # by S3; moto leaves the InputTransformer out here
    stacks.clients("events").put_events(
        Entries=[
            {
                "Source": sent["source"],
                "DetailType": sent["detail-type"],
                "Detail": json.dumps(sent["detail"]),
            }
        ]
    )
    (given,) = messages(stacks, queue)
    given["event"]["time"] = sent["time"]  # where moto has a number
    airflow.answers = [*STARTED]
    assert invoke_package(stacks, given, tmp_path)["started"] is True
    assert airflow.asked[-1].body["dag_run_id"] == f"event-{given['event']['id']}"
    assert airflow.asked[-1].body["conf"] == {"source": f"s3://{base['DataBucket']}/{key}"}


INVOKE = """
import json, sys
sys.path.insert(0, sys.argv[1])
import trigger
class Context:
    get_remaining_time_in_millis = staticmethod(lambda: 100_000)
print(json.dumps(trigger.handler(json.load(sys.stdin), Context())))
"""


def invoke_package(stacks: Stacks, given: Any, folder: Path) -> Any:
    """Run the function out of the zip file in S3, with nothing of the project beside it."""
    archive = folder / "trigger.zip"
    stacks.clients("s3").download_file("packages", "trigger.zip", str(archive))
    done = subprocess.run(
        [sys.executable, "-P", "-c", INVOKE, str(archive)],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_function_needs_nothing_but_boto3_and_python():
    used = {
        line.split()[1].split(".")[0]
        for file in FOLDER.glob("*.py")
        for line in file.read_text("utf-8").splitlines()
        if line.startswith(("import ", "from "))
    }
    own = {file.stem for file in FOLDER.glob("*.py")}
    assert used - own - set(sys.stdlib_module_names) == {"boto3", "botocore"}
