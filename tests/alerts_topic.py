"""A topic of an emulated AWS that a queue hears."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import boto3
import pytest

from generator.local.aws.server import EmulatedAws

Received = Callable[[], list[dict[str, str]]]


@pytest.fixture(scope="module")
def aws() -> Iterator[EmulatedAws]:
    with EmulatedAws() as emulated:
        yield emulated


@pytest.fixture(scope="module")
def topic(aws: EmulatedAws) -> Iterator[tuple[str, Received]]:
    """The ARN of a topic, and what has been published to it since the last look."""
    session = boto3.Session("test", "test", region_name="us-east-1")
    sns, sqs = (session.client(service, endpoint_url=aws.url) for service in ("sns", "sqs"))
    queue = sqs.create_queue(QueueName="alerts")["QueueUrl"]
    arn = sns.create_topic(Name="alerts")["TopicArn"]
    sns.subscribe(
        TopicArn=arn, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:123456789012:alerts"
    )

    def received() -> list[dict[str, str]]:
        found = []
        while answer := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
            for message in answer:
                found.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return found

    yield arn, received
    for client in (sns, sqs):
        client.close()
