"""The first questions to a model, at real endpoints of the emulated AWS."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from gate_world import World, world

from generator.operators import sample_rows, smoke_test
from generator.operators.predictions import Belief, flaws, read_predictions
from generator.operators.smoke_test import (
    AirflowException,
    AirflowFailException,
    SmokeTestOperator,
)

DATA = "s3://bucket/data/validation/"
SAMPLES = ["1,2,3,4,5", "-1,-2,3,4,5"]


@pytest.fixture(scope="module")
def served() -> Iterator[World]:
    with world() as made:
        yield made


@pytest.fixture(scope="module")
def endpoint(served: World) -> str:
    name = served.serve(served.artifact(served.train(rounds=5)))
    assert served.settle(name) == "InService"
    return name


def ask(endpoint: str, **more: Any) -> dict[str, Any]:
    operator = SmokeTestOperator(task_id="smoke_test", endpoint_name=endpoint, **more)
    return operator.execute({})


def test_samples_are_answered_with_a_prediction_each(endpoint: str) -> None:
    answered = ask(endpoint, samples=SAMPLES, minimum=0, maximum=1)
    assert answered["rows"] == 2
    good, bad = answered["predictions"]
    assert good > bad


def test_rows_of_the_validation_data_are_sent_without_their_labels(
    served: World, endpoint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    answered = ask(endpoint, data=DATA, rows=25, minimum=0, maximum=1)
    assert answered["rows"] == 25
    assert len(answered["predictions"]) == smoke_test.SHOWN
    assert f"{endpoint} predicts for 25 rows: " in capsys.readouterr().out
    object_ = served.aws.s3.get_object(Bucket="bucket", Key="data/validation/part-0.csv")
    rows = object_["Body"].read().decode().splitlines()[:25]
    unlabelled = [row.partition(",")[2] for row in rows]
    assert ask(endpoint, samples=unlabelled)["predictions"] == answered["predictions"]


def test_libsvm_rows_are_sent_without_their_labels(served: World, endpoint: str) -> None:
    body = b"1 0:1 1:2 2:3 3:4 4:5\n0 0:-1 1:-2 2:3 3:4 4:5\n"
    served.aws.s3.put_object(Bucket="bucket", Key="svm/part-0", Body=body)
    answered = ask(endpoint, data="s3://bucket/svm/", content_type="text/libsvm")
    assert answered["predictions"] == ask(endpoint, samples=SAMPLES)["predictions"]
    assert sample_rows.sample_rows(
        served.aws.s3, "s3://bucket/svm/", 1, "text/libsvm", label_first=True
    ) == ["0:1 1:2 2:3 3:4 4:5"]


def test_what_spark_marks_its_output_with_is_passed_over(served: World, endpoint: str) -> None:
    for name, body in [("_SUCCESS", b""), ("_meta", b"x"), (".crc", b"x"), ("a", b"")]:
        served.aws.s3.put_object(Bucket="bucket", Key=f"spark/{name}", Body=body)
    served.aws.s3.put_object(Bucket="bucket", Key="spark/part-0", Body=b"\n0,1,2,3,4,5\r\n\n")
    assert ask(endpoint, data="s3://bucket/spark/")["rows"] == 1


def test_of_a_large_object_only_whole_rows_of_its_head_are_taken(
    served: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample_rows, "HEAD", 20)
    served.aws.s3.put_object(Bucket="bucket", Key="large/part-0", Body=b"0,11,22,33\n" * 1000)
    found = sample_rows.sample_rows(served.aws.s3, "s3://bucket/large/", 9, "text/csv", True)
    assert found == ["11,22,33"]
    monkeypatch.setattr(sample_rows, "HEAD", 5)
    with pytest.raises(sample_rows.NoRowsError, match="no row in the first 5 bytes"):
        sample_rows.sample_rows(served.aws.s3, "s3://bucket/large/", 9, "text/csv", True)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"data": "s3://bucket/nothing/"}, "there is no data below s3://bucket/nothing/"),
        (
            {"data": DATA, "content_type": "application/x-parquet"},
            "rows of application/x-parquet cannot be sent one by one; give samples",
        ),
    ],
)
def test_where_there_is_nothing_to_ask_it_is_said(
    endpoint: str, more: dict[str, Any], reason: str
) -> None:
    with pytest.raises(AirflowFailException) as raised:
        ask(endpoint, **more)
    assert str(raised.value) == f"There is nothing to ask endpoint {endpoint}: {reason}."


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"maximum": 0.01}, "is more than 0.01"),
        ({"minimum": 0.999}, "is less than 0.999"),
        ({"outputs_per_row": 3}, "2 predictions for 2 rows of 3 numbers each"),
    ],
)
def test_predictions_that_cannot_be_right_fail(
    endpoint: str, more: dict[str, Any], reason: str
) -> None:
    with pytest.raises(AirflowFailException) as raised:
        ask(endpoint, samples=SAMPLES, **more)
    assert f"Endpoint {endpoint} gives predictions that cannot be right: " in str(raised.value)
    assert reason in str(raised.value)


def test_what_the_model_complains_of_is_shown_with_its_log(endpoint: str) -> None:
    with pytest.raises(AirflowFailException) as raised:
        ask(endpoint, samples=["1,2"])
    said = str(raised.value)
    assert said.startswith(f"The model behind endpoint {endpoint} answers 400: ")
    assert "Feature size of text/csv inference data 2 is not consistent" in said
    assert f"log-group:/aws/sagemaker/Endpoints/{endpoint}:log-stream:" in said


def test_an_endpoint_that_is_not_there_is_said() -> None:
    with pytest.raises(AirflowException, match=r"Endpoint not-there cannot be asked: .*not found"):
        ask("not-there", samples=SAMPLES)


Answer = tuple[int, dict[str, str], bytes]


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Answer]]:
    """What SageMaker's runtime answers, one after the other; nothing is waited for between."""
    prepared: list[Answer] = []

    class Runtime(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            status, headers, body = prepared.pop(0)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """No line per request."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Runtime) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        connection = {"conn_type": "aws", "login": "test", "password": "test"}
        extra = {"endpoint_url": url, "region_name": "us-east-1"}
        monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", json.dumps({**connection, "extra": extra}))
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        monkeypatch.setattr(smoke_test, "PAUSES", (0.0, 0.0, 0.0))
        yield prepared
        server.shutdown()
        thread.join()


def refused(status: int, code: str, **more: Any) -> Answer:
    return status, {"x-amzn-ErrorType": code}, json.dumps({"Message": code, **more}).encode()


def predicted(text: str, content_type: str = "text/csv; charset=utf-8") -> Answer:
    return 200, {"Content-Type": content_type}, text.encode()


def test_what_may_pass_is_asked_again(answers: list[Answer]) -> None:
    answers += [
        refused(400, "ThrottlingException"),
        refused(503, "ServiceUnavailable"),
        refused(424, "ModelError", OriginalStatusCode=500, OriginalMessage="starting"),
        predicted("0.25\n0.5\n"),
    ]
    assert ask("churn", samples=SAMPLES)["predictions"] == [0.25, 0.5]


def test_what_does_not_pass_is_told_in_the_end(answers: list[Answer]) -> None:
    answers += 4 * [refused(503, "ServiceUnavailable")]
    with pytest.raises(AirflowException, match=r"Endpoint churn cannot be asked: .*Unavailable"):
        ask("churn", samples=SAMPLES)
    assert answers == []


def test_what_will_not_change_is_asked_once(answers: list[Answer]) -> None:
    more = {"OriginalStatusCode": 415, "OriginalMessage": "no such format"}
    answers.append(refused(424, "ModelError", **more, LogStreamArn="arn:logs"))
    with pytest.raises(AirflowFailException, match="answers 415: no such format Its log: arn:logs"):
        ask("churn", samples=SAMPLES)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (predicted("<html>", "text/html"), "answers text/html where text/csv was asked for: <html"),
        (predicted("cat,dog"), "answers something else than numbers: cat,dog"),
        (predicted("nan,0.5"), "nan is no finite number"),
        (predicted(""), "0 predictions for 2 rows"),
        (predicted("0.1,0.2,0.3"), "3 predictions for 2 rows"),
    ],
)
def test_a_strange_answer_is_shown(answers: list[Answer], answer: Answer, reason: str) -> None:
    answers.append(answer)
    with pytest.raises(AirflowFailException, match=reason):
        ask("churn", samples=SAMPLES)


@pytest.mark.parametrize("text", ["0.1,0.2,0.7\n0.3,0.3,0.4", "[0.1, 0.2, 0.7]\n[0.3, 0.3, 0.4]\n"])
def test_several_numbers_per_row_are_read_in_both_forms(text: str) -> None:
    found = read_predictions(text.encode())
    assert found == [0.1, 0.2, 0.7, 0.3, 0.3, 0.4]
    assert list(flaws(found, Belief(rows=2, outputs_per_row=3, minimum=0, maximum=1))) == []
