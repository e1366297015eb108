"""A Glue task starts one run, finds it again, judges it rightly and leaves nothing running."""

from __future__ import annotations

import asyncio
import copy
import itertools
import json
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferralTimeout, TaskDeferred
from glue_world import FOR_EVER, JOB, GlueWorld, context, glue_world, make_client, wait_for

from generator.local.aws.glue_runs import JobRun
from generator.operators import glue_job, glue_run
from generator.operators.glue import GlueOperator
from generator.operators.job_log import MOST_LINES, last_lines
from generator.operators.job_trigger import JobTrigger, Watched

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GlueWorld]:
    with glue_world(tmp_path_factory.mktemp("glue")) as made:
        yield made


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch, world: GlueWorld) -> Iterator[None]:
    monkeypatch.setattr(glue_job, "PAUSE", 0.01)
    monkeypatch.setattr(glue_run, "PAUSES", (0.05, 0.1, 0.1, 0.1))
    yield
    world.emulated.faults = []


def operator(does: str = "", **changed: Any) -> GlueOperator:
    """An operator of a job of its own."""
    fields = {
        "task_id": "glue_prepare",
        "retries": 1,
        "job_name": f"prepare-{next(_numbers)}",
        "script_args": {"--does": does},
        "run": "2026-11-22-abcdef",
        "check_interval": 0.1,
        "timeout": 300,
    }
    return GlueOperator(**{**copy.deepcopy(JOB), **fields, **changed})


def again(first: GlueOperator, **changed: Any) -> GlueOperator:
    """The operator of another try: the same job in another process."""
    return operator(**{"job_name": first.job_name, "does": first.script_args["--does"], **changed})


def failure(task: GlueOperator, **tries: Any) -> str:
    """What a task fails with."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 (each test looks at the words)
        task.execute(context(task, **tries))
    return f"{type(caught.value).__name__}: {caught.value}"


def left_running(world: GlueWorld, task: GlueOperator, **tries: Any) -> str:
    """Let a worker die without a word once the run is up; the run's id."""
    thread = threading.Thread(target=lambda: _quietly(task, tries), daemon=True)
    thread.start()
    wait_for(lambda: started(world, task), lambda seen: seen == ["RUNNING"])
    return str(world.runs(task.job_name)[0]["Id"])


def _quietly(task: GlueOperator, tries: dict[str, Any]) -> None:
    try:
        task.execute(context(task, **tries))
    except Exception as error:
        print(f"The one that was left alone ended with {error}")


def started(world: GlueWorld, task: GlueOperator) -> list[str]:
    try:
        return world.states(task.job_name)
    except world.glue.exceptions.EntityNotFoundException:
        return []


def test_a_run_is_started_and_its_id_returned(world: GlueWorld) -> None:
    task = operator("print('done')")
    seen = context(task)
    returned = task.execute(seen)
    (run,) = world.runs(task.job_name)
    assert (run["Id"], run["JobRunState"]) == (returned, "SUCCEEDED")
    assert run["Arguments"] == {"--does": "print('done')", "--pipeline_run": "2026-11-22-abcdef-1"}
    assert seen["ti"].pushed["glue_job_run_details"]["job_run_id"] == returned


def test_a_failed_run_says_why_and_shows_the_end_of_its_log(world: GlueWorld) -> None:
    task = operator("print('rows: 0'); fail('No rows.')")
    said = failure(task)
    assert "failed: No rows." in said
    assert task.job_name in said
    assert "rows: 0" in said


def test_a_traceback_is_shown(world: GlueWorld) -> None:
    said = failure(operator("def clean(): raise ValueError('no column churn')\nclean()"))
    assert "The end of /aws-glue/jobs/error:" in said
    assert "Traceback (most recent call last):" in said
    assert "ValueError: no column churn" in said


def test_the_end_of_a_long_traceback_is_shown_although_glue_writes_it_as_one_line(
    world: GlueWorld,
) -> None:
    logs = make_client(world.emulated.url, "logs")
    logs.create_log_group(logGroupName="group")
    logs.create_log_stream(logGroupName="group", logStreamName="jr_1")
    text = "\n".join(f"{number} {'x' * 90}" for number in range(60)) + "\nValueError: at last"
    events = [{"timestamp": int(time.time() * 1000), "message": text}]
    logs.put_log_events(logGroupName="group", logStreamName="jr_1", logEvents=events)
    shown = last_lines(logs, "group", "jr_1")
    logs.close()
    assert (len(shown), shown[-1]) == (MOST_LINES, "ValueError: at last")


def test_a_run_is_found_again_behind_many_others(
    world: GlueWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = operator(FOR_EVER, concurrent_run_limit=5)
    run = left_running(world, task)
    for _ in range(3):
        world.glue.start_job_run(JobName=task.job_name, Arguments={"--pipeline_run": "other-1"})
    monkeypatch.setattr(glue_run, "_PAGE", 1)
    retry = again(task)
    found = retry._runs(context(retry, try_number=2)).find()
    assert [each["Id"] for each in found.own] == [run]
    monkeypatch.setattr(glue_run, "LONGEST", timedelta(0))
    assert retry._runs(context(retry, try_number=2)).find() == ([], [])
    task.on_kill()


def test_a_retry_goes_on_with_the_run_that_is_alive(world: GlueWorld) -> None:
    task = operator(FOR_EVER)
    run = left_running(world, task)
    retry = again(task, deferrable=True)
    deferral = deferred(retry, try_number=2)
    assert deferral.method_name == "resume"
    watched = Watched(*deferral.trigger.watched)
    assert watched.request == {"JobName": task.job_name, "RunId": run}
    assert world.states(task.job_name) == ["RUNNING"]
    task.on_kill()


def test_a_retry_takes_what_has_succeeded_and_does_not_touch_the_definition(
    world: GlueWorld,
) -> None:
    task = operator()
    run = task.execute(context(task))
    retry = again(task, job_desc="Another one")
    assert retry.execute(context(retry, try_number=2)) == run
    assert world.states(task.job_name) == ["SUCCEEDED"]
    assert world.glue.get_job(JobName=task.job_name)["Job"]["Description"] != "Another one"


def test_a_retry_starts_anew_after_a_failure(world: GlueWorld) -> None:
    task = operator("fail('No rows.')")
    failure(task)
    retry = again(task, does="")
    retry.execute(context(retry, try_number=2))
    assert world.states(task.job_name) == ["SUCCEEDED", "FAILED"]


def test_a_clear_stops_the_run_of_before_and_takes_no_result_of_it(world: GlueWorld) -> None:
    task = operator(FOR_EVER)
    left_running(world, task)
    cleared = again(task, does="")
    run = cleared.execute(context(cleared, try_number=2, max_tries=2))
    assert world.states(task.job_name) == ["SUCCEEDED", "STOPPED"]
    cleared = again(task, does="")
    assert cleared.execute(context(cleared, try_number=3, max_tries=3)) != run
    assert world.states(task.job_name) == ["SUCCEEDED", "SUCCEEDED", "STOPPED"]


def test_a_killed_task_stops_its_run(world: GlueWorld) -> None:
    task = operator(FOR_EVER)
    left_running(world, task)
    task.on_kill()
    world.wait(task.job_name, "STOPPED")


def test_a_task_that_is_killed_before_it_knows_its_run_stops_it_too(world: GlueWorld) -> None:
    task = operator(FOR_EVER)
    left_running(world, task)
    again(task).on_kill()
    world.wait(task.job_name, "STOPPED")


def test_killing_a_task_leaves_other_runs_of_the_pipeline_alone(world: GlueWorld) -> None:
    task = operator(FOR_EVER)
    left_running(world, task)
    again(task, run="2026-11-29-abcdef").on_kill()
    assert world.states(task.job_name) == ["RUNNING"]
    task.on_kill()


def deferred(task: GlueOperator, **tries: Any) -> TaskDeferred:
    with pytest.raises(TaskDeferred) as caught:
        task.execute(context(task, **tries))
    return caught.value


def event_of(deferral: TaskDeferred) -> Any:
    """What the trigger says, made anew from its stored form as in the triggerer."""
    _, fields = deferral.trigger.serialize()
    trigger = JobTrigger(**json.loads(json.dumps(fields)))

    async def events() -> list[Any]:
        return [event.payload async for event in trigger.run()]

    (event,) = asyncio.run(events())
    return event


def test_a_deferred_task_goes_on_in_another_process(world: GlueWorld) -> None:
    task = operator("time.sleep(0.5)", deferrable=True)
    deferral = deferred(task)
    event = event_of(deferral)
    other = again(task, deferrable=True)
    resumed = {**(deferral.kwargs or {}), "event": event}
    run = other.resume_execution(deferral.method_name, resumed, context(other))
    assert [(each["Id"], each["JobRunState"]) for each in world.runs(task.job_name)] == [
        (run, "SUCCEEDED")
    ]


def test_a_deferred_task_that_a_user_ends_stops_its_run(world: GlueWorld) -> None:
    task = operator(FOR_EVER, deferrable=True)
    trigger = deferred(task).trigger
    asyncio.run(trigger.on_kill())
    world.wait(task.job_name, "STOPPED")


def test_a_deferral_that_is_over_stops_the_run(world: GlueWorld) -> None:
    task = operator(FOR_EVER, deferrable=True)
    deferred(task)
    other = again(task, deferrable=True)
    with pytest.raises(TaskDeferralTimeout):
        other.resume_execution("__fail__", {"error": "Trigger timeout"}, context(other))
    world.wait(task.job_name, "STOPPED")


def test_a_triggerer_that_fails_costs_no_run(world: GlueWorld) -> None:
    task = operator("time.sleep(1)", deferrable=True)
    deferred(task)
    other = again(task, deferrable=True)
    run = other.resume_execution("__fail__", {"error": "Trigger failure"}, context(other))
    assert [each["Id"] for each in world.runs(task.job_name)] == [run]


def test_a_deferred_task_waits_for_room_without_a_hand_on_the_run_of_others(
    world: GlueWorld,
) -> None:
    task = operator(FOR_EVER)
    left_running(world, task)
    other = again(task, does="", run="2026-11-29-abcdef", deferrable=True)
    deferral = deferred(other)
    asyncio.run(deferral.trigger.on_kill())
    assert deferral.method_name == "begin"
    assert world.states(task.job_name) == ["RUNNING"]
    task.on_kill()
    resumed = {**(deferral.kwargs or {}), "event": event_of(deferral)}
    with pytest.raises(TaskDeferred) as caught:
        other.resume_execution("begin", resumed, context(other))
    assert event_of(caught.value)["outcome"] == ["ended", "SUCCEEDED"]
    assert world.states(task.job_name) == ["SUCCEEDED", "STOPPED"]


def test_a_task_that_takes_too_long_stops_its_run(world: GlueWorld) -> None:
    task = operator(FOR_EVER, timeout=2)
    said = failure(task)
    assert "has not ended within 2 s and was stopped" in said
    world.wait(task.job_name, "STOPPED")


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("FAILED", "failed: The reason."),
        ("STOPPED", "was stopped before its end"),
        ("TIMEOUT", "took longer than its timeout of 60 minutes"),
        ("ERROR", "ended in state ERROR"),
        ("EXPIRED", "found no capacity"),
    ],
)
def test_only_success_is_success(
    world: GlueWorld, monkeypatch: pytest.MonkeyPatch, state: str, words: str
) -> None:
    end = JobRun._end
    monkeypatch.setattr(JobRun, "_end", lambda run, *_: end(run, state, "The reason."))
    said = failure(operator())
    assert words in said
    assert "The reason." in said


@pytest.mark.parametrize("state", ["WAITING", "STARTING", "RUNNING"])
def test_a_run_that_goes_on_is_waited_for(
    world: GlueWorld, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    monkeypatch.setattr(JobRun, "_set", _renamed("RUNNING", state))
    task = operator("time.sleep(0.5)")
    run = task.execute(context(task))
    assert world.glue.get_job_run(JobName=task.job_name, RunId=run)["JobRun"]


def _renamed(of: str, state: str) -> Any:
    set_state = JobRun._set
    return lambda run, new: set_state(run, state if new == of else new)


def test_two_runs_at_a_time_wait_for_each_other(
    world: GlueWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = operator(FOR_EVER)
    left_running(world, task)
    pauses = []

    def pause(_: GlueOperator, __: float, why: str) -> None:
        pauses.append(why)
        task.on_kill()
        world.wait(task.job_name, "STOPPED")

    monkeypatch.setattr(GlueOperator, "_pause", pause)
    other = again(task, does="", run="2026-11-29-abcdef")
    other.execute(context(other))
    assert len(pauses) == 1
    assert "Concurrent runs exceeded" in pauses[0]
    assert world.states(task.job_name) == ["SUCCEEDED", "STOPPED"]


def test_what_never_makes_room_fails_the_task_in_time(world: GlueWorld) -> None:
    task = operator(FOR_EVER)
    run = left_running(world, task)
    said = failure(again(task, run="2026-11-29-abcdef", timeout=1))
    assert "Concurrent runs exceeded" in said
    assert world.states(task.job_name) == ["RUNNING"]
    world.glue.batch_stop_job_run(JobName=task.job_name, JobRunIds=[run])


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault",
    [
        "connection-drops:glue.*",
        "throttling:glue.*",
        "server-error:glue.*",
        "not-found-once",
        "duplicate-delivery:glue.*",
        "log-group-missing",
    ],
)
def test_aws_may_stumble(world: GlueWorld, fault: str) -> None:
    world.emulated.faults = [fault]
    task = operator("time.sleep(0.2)")
    run = task.execute(context(task))
    world.emulated.faults = []
    (one,) = world.runs(task.job_name)
    assert (one["Id"], one["JobRunState"]) == (run, "SUCCEEDED")


def test_a_request_that_arrived_twice_leaves_no_twin(world: GlueWorld) -> None:
    world.emulated.faults = ["duplicate-delivery:glue.StartJobRun"]
    task = operator("time.sleep(2)", concurrent_run_limit=3)
    run = task.execute(context(task))
    assert sorted(world.states(task.job_name)) == ["STOPPED", "SUCCEEDED"]
    (done,) = [each for each in world.runs(task.job_name) if each["JobRunState"] == "SUCCEEDED"]
    assert done["Id"] == run


def test_an_answer_that_is_lost_starts_no_second_run_even_of_one_that_failed_at_once(
    world: GlueWorld,
) -> None:
    world.emulated.faults = ["connection-drops:glue.StartJobRun"]
    task = operator("fail('No rows.')", concurrent_run_limit=5)
    assert "No rows." in failure(task)
    assert world.states(task.job_name) == ["FAILED"]


def test_what_glue_refuses_is_not_asked_for_again(world: GlueWorld) -> None:
    task = operator(run_job_kwargs={"WorkerType": "G.1X"})
    said = failure(task)
    assert said.startswith(f"AirflowFailException: Glue job {task.job_name} is not started: ")
    assert "Please set both Worker Type and Number of Workers" in said
