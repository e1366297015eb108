"""Updates of emulated endpoints: traffic that shifts, alarms that roll back, what is retained."""

from __future__ import annotations

import time
from contextlib import contextmanager
from threading import Thread

import pytest
from botocore.exceptions import ClientError
from example_endpoints import create_config, create_model, invoke, settle
from example_jobs import make_client, wait_for

from generator.local.aws.traffic_shift import Step, steps

pytestmark = pytest.mark.slow

CANARY = {
    "Type": "CANARY",
    "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 25},
    "WaitIntervalInSeconds": 300,
}


def blue_green(routing, **more):
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing, **more}}


@pytest.fixture(scope="module")
def models(aws, artifact):
    """Two models, of which the second has seen fewer rounds and so predicts something else."""
    other = aws.finish_training(aws.train(HyperParameters={"num_round": "2"}))
    uri = other["ModelArtifacts"]["S3ModelArtifacts"]
    return create_model(aws, artifact), create_model(aws, uri)


@pytest.fixture(scope="module")
def endpoint(aws, models):
    """An endpoint in service, for all tests of this module."""
    aws.sagemaker.create_endpoint(
        EndpointName="shifts", EndpointConfigName=create_config(aws, models[0])
    )
    settle(aws, "shifts")
    yield "shifts"
    settle(aws, "shifts")
    aws.sagemaker.delete_endpoint(EndpointName="shifts")


@pytest.fixture
def alarm(aws):
    """Makes an alarm in CloudWatch ring."""
    cloudwatch = make_client(aws.emulated.url, "cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="errors",
        EvaluationPeriods=1,
        ComparisonOperator="GreaterThanThreshold",
        MetricName="Invocation5XXErrors",
        Namespace="AWS/SageMaker",
        Period=60,
        Statistic="Sum",
        Threshold=0,
    )

    def ring(state="ALARM"):
        cloudwatch.set_alarm_state(AlarmName="errors", StateValue=state, StateReason="a test")

    ring("OK")
    yield ring
    cloudwatch.delete_alarms(AlarmNames=["errors"])
    cloudwatch.close()


def status_of(aws, name):
    return aws.sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"]


def update(aws, name, config_name, **more):
    aws.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=config_name, **more)


@contextmanager
def asking(aws, name):
    """Asks the endpoint all the time; the answers, none of which may be an error."""
    answers, failures, ended = [], [], []

    def ask():
        while not ended:
            try:
                answers.append(invoke(aws, name))
            except Exception as error:
                failures.append(error)
            time.sleep(0.005)

    thread = Thread(target=ask)
    thread.start()
    try:
        yield answers
    finally:
        ended.append(True)
        thread.join()
    assert failures == []


def test_the_steps_are_those_of_the_policy():
    size = {"Type": "CAPACITY_PERCENT", "Value": 30}
    linear = {"Type": "LINEAR", "LinearStepSize": size, "WaitIntervalInSeconds": 60}
    assert steps(blue_green(CANARY, TerminationWaitInSeconds=7), 1) == [Step(0.25, 300), (1.0, 7)]
    assert steps(blue_green(linear), 1) == [(0.3, 60), (0.6, 60), (pytest.approx(0.9), 60), (1, 0)]
    assert steps(None, 3) == [(1.0, 0)]
    half = {**CANARY, "CanarySize": {"Type": "INSTANCE_COUNT", "Value": 1}}
    assert steps(blue_green(half), 2)[0].share == 0.5
    rolling = {"RollingUpdatePolicy": {"MaximumBatchSize": size, "WaitIntervalInSeconds": 5}}
    assert [step.wait for step in steps(rolling, 1)] == [5, 5, 5, 0]


def test_a_canary_answers_its_part_of_the_requests_and_none_fails(aws, endpoint, models):
    old, new = invoke(aws, endpoint), create_config(aws, models[1])
    with asking(aws, endpoint) as answers:
        update(aws, endpoint, new, DeploymentConfig=blue_green(CANARY))
        summary = wait_for(
            lambda: aws.sagemaker.describe_endpoint(EndpointName=endpoint),
            lambda described: described.get(
                "PendingDeploymentSummary", {"ProductionVariants": [{}]}
            )["ProductionVariants"][0].get("CurrentWeight"),
        )
        del answers[:]
        during = wait_for(lambda: list(answers), lambda given: len(given) >= 12)
        described = settle(aws, endpoint)
    [pending] = summary["PendingDeploymentSummary"]["ProductionVariants"]
    assert (pending["CurrentWeight"], pending["VariantStatus"][0]["Status"]) == (0.25, "Baking")
    assert summary["ProductionVariants"][0]["CurrentWeight"] == 0.75
    assert len(set(during)) == 2
    assert 0.15 < sum(answer != old for answer in during) / len(during) < 0.35
    assert described["EndpointConfigName"] == new
    assert described["LastDeploymentConfig"] == blue_green(CANARY)
    assert answers[-1] != old


def test_an_alarm_rolls_the_traffic_back(aws, endpoint, alarm, models):
    before = aws.sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"]
    guarded = {
        **blue_green(CANARY | {"WaitIntervalInSeconds": 3600}),
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]},
    }
    new = create_config(aws, models[0])
    with asking(aws, endpoint) as answers:
        update(aws, endpoint, new, DeploymentConfig=guarded)
        wait_for(lambda: len(set(answers)), lambda kinds: kinds == 2)
        alarm()
        described = settle(aws, endpoint)
        del answers[:]
        time.sleep(0.2)
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", before)
    assert "alarm(s) breached during deployment: ['errors']" in described["FailureReason"]
    assert len(set(answers)) == 1
    # An alarm that rings already lets nothing through at all.
    update(aws, endpoint, new, DeploymentConfig=guarded)
    assert settle(aws, endpoint)["EndpointConfigName"] == before


def test_a_deployment_that_waits_longer_than_it_may_rolls_back(aws, endpoint, models):
    before = aws.sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"]
    size = {"Type": "CAPACITY_PERCENT", "Value": 30}
    slow = {"Type": "LINEAR", "LinearStepSize": size, "WaitIntervalInSeconds": 10}
    policy = blue_green(slow, TerminationWaitInSeconds=600, MaximumExecutionTimeoutInSeconds=600)
    update(aws, endpoint, create_config(aws, models[0]), DeploymentConfig=policy)
    described = settle(aws, endpoint)
    assert described["EndpointConfigName"] == before
    assert "maximum execution timeout of 600 seconds" in described["FailureReason"]


@pytest.mark.parametrize(
    ("deployment", "said"),
    [
        (blue_green({"Type": "CANARY", "WaitIntervalInSeconds": 0}), "CanarySize is required"),
        (
            blue_green({**CANARY, "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 60}}),
            "CanarySize must be at most 50 percent",
        ),
        (
            {
                **blue_green(CANARY),
                "RollingUpdatePolicy": {
                    "MaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": 50},
                    "WaitIntervalInSeconds": 0,
                },
            },
            "Only one of BlueGreenUpdatePolicy and RollingUpdatePolicy",
        ),
    ],
)
def test_a_deployment_that_makes_no_sense_is_refused(aws, endpoint, models, deployment, said):
    with pytest.raises(ClientError, match=said):
        update(aws, endpoint, create_config(aws, models[0]), DeploymentConfig=deployment)


def test_an_endpoint_is_deleting_before_it_is_gone(aws, artifact):
    name = create_config(aws, create_model(aws, artifact))
    aws.sagemaker.create_endpoint(EndpointName="goes", EndpointConfigName=name)
    settle(aws, "goes")
    aws.sagemaker.delete_endpoint(EndpointName="goes")
    seen = set()
    with pytest.raises(ClientError, match="Could not find endpoint"):
        wait_for(lambda: seen.add(status_of(aws, "goes")), lambda _: False)
    assert seen == {"Deleting"}
