"""The churn script turns every known form of the data into the same channels, in a real Spark."""

import contextlib
import csv
import io
import json
import random
import re
from collections import Counter
from collections.abc import Iterator

import numpy
import pytest
import xgboost
from glue_job import REPOSITORY, Glue, emulated_glue

pytestmark = pytest.mark.slow

BUCKET = "churn-example"
SCRIPT = (REPOSITORY / "glue_scripts" / "customer_churn.py").read_text()
RAW = (REPOSITORY / "data" / "customer-churn.csv").read_text()
HEADER, *ROWS = RAW.splitlines()
FEW = ROWS[:200]

# Runs the script's main once for each [source, output, further arguments], all in one Spark.
MANY_RUNS = """
import contextlib, io, json, sys
from awsglue.utils import getResolvedOptions
import customer_churn

given = getResolvedOptions(sys.argv, ["folder", "runs"])
for name, source, output, *more in json.loads(given["runs"]):
    uris = ["--source", given["folder"] + source, "--output", given["folder"] + output]
    printed, reason = io.StringIO(), None
    with contextlib.redirect_stdout(printed):
        try:
            customer_churn.main(["customer_churn.py", "--JOB_NAME", "test", *uris, *more])
        except SystemExit as end:
            reason = end.code
    print(json.dumps([name, printed.getvalue(), reason]))
"""


def lines(*rows: str) -> str:
    return "".join(f"{row}\n" for row in rows)


def wrap(rows: list[str]) -> list[str]:
    return [f'"{row}"' for row in rows]


def encode(rows: list[str]) -> list[str]:
    """The encoding written down a second time, plainly."""
    customers = list(csv.DictReader([HEADER, *rows]))
    values = {
        name: sorted({row.split(",")[HEADER.split(",").index(name)] for row in ROWS})
        for name in ("state", "area_code", "international_plan", "voice_mail_plan")
    }
    unused = {*values, "churn"} | {name for name in HEADER.split(",") if name.endswith("charge")}
    numbers = [name for name in HEADER.split(",") if name not in unused]
    return [
        ",".join(
            ["1" if customer["churn"] == "yes" else "0"]
            + [customer[name] for name in numbers]
            + ["01"[customer[name] == value] for name in values for value in values[name]]
        )
        for customer in customers
    ]


def with_value(column: str, value: str) -> str:
    """A small raw file whose third row has another value."""
    fields = FEW[2].split(",")
    fields[HEADER.split(",").index(column)] = value
    return lines(HEADER, *FEW[:2], ",".join(fields), *FEW[3:])


def without(column: str) -> str:
    position = HEADER.split(",").index(column)
    rows = [row.split(",") for row in [HEADER, *FEW]]
    return lines(*(",".join(row[:position] + row[position + 1 :]) for row in rows))


SHUFFLED = random.Random(7).sample(ROWS, len(ROWS))
GOOD = {
    "raw": [lines(HEADER, *ROWS)],
    "headerless": [lines(*ROWS)],
    "quoted": [lines(*wrap([HEADER, *ROWS]))],
    "each field quoted": [lines(*(",".join(wrap(row.split(","))) for row in [HEADER, *ROWS]))],
    "windows": ["\ufeff" + lines(HEADER, *ROWS).replace("\n", "\r\n\r\n")],
    "several files": [lines(HEADER, *SHUFFLED[:999]), lines(HEADER, *SHUFFLED[999:])],
    "encoded": [lines(*encode(ROWS))],
    "encoded quoted": [lines(*wrap(encode(ROWS)))],
}
SAME_SPLIT = list(GOOD)[1:-2]

OTHER_RUNS = [
    ["raw again", "good/raw/", "out/raw again/"],
    ["other seed", "good/raw/", "out/other seed/", "--seed", "43"],
    ["half", "good/raw/", "out/half/", "--train_fraction=0.5"],
    ["other label", "good/other label/", "out/other label/", "--label", "Has Left?"],
]

BAD = {
    "missing column": (without("total_day_minutes"), [], "lacks the column total_day_minutes; it"),
    "missing label": (without("churn"), [], "lacks the column churn; it has state, "),
    "unknown label": (lines(HEADER, *FEW), ["--label", "gone"], "lacks the column gone; it has"),
    "label without header": (lines(*FEW), ["--label", "churn"], "has no header, so --label"),
    "other class": (
        with_value("churn", "maybe"),
        [],
        "1 of 200 rows cannot be used, correct or remove them; for example, in one "
        "churn is 'maybe', which is not a binary label (0/1, yes/no, true/false).",
    ),
    "empty label": (with_value("churn", ""), [], "churn is '', which is not a binary label"),
    "encoded other class": (lines("1,2.5", "0,3", "2,4"), [], "column_0 is '2', which is not a"),
    "text for a number": (
        with_value("total_day_calls", "many"),
        [],
        "total_day_calls is 'many', which is not a number.",
    ),
    "unknown state": (with_value("state", "ZZ"), [], "state is 'ZZ', which is not one of AK, AL"),
    "short row": (lines(HEADER, *FEW, "KS,128"), [], "1 of 201 rows cannot be used"),
    "long row": (lines(HEADER, *FEW, FEW[0] + ",1"), [], "there are not 20 values."),
    "wrong width": (without("state").split("\n", 1)[1], [], "has no header and 19 columns;"),
    "two of one name": (lines(HEADER.replace("state", "churn"), *FEW), [], "two columns of one"),
    "header only": (lines(HEADER), [], "has no rows."),
    "empty": ("\n\n", [], "has no rows."),
    "one class": (
        lines(HEADER, *(row for row in FEW if row.endswith("no"))),
        [],
        "has 0 rows of class 1, so train would get none with --train_fraction 0.7;",
    ),
    "one churner": (
        lines("1,1", *(f"0,{number}" for number in range(9))),
        [],
        "has 1 rows of class 1, so validation would get none",
    ),
    "fraction": (
        lines(HEADER, *FEW),
        ["--train_fraction", "1.5"],
        "lie between 0 and 1, such as 0.7.",
    ),
    "fraction text": (lines(HEADER, *FEW), ["--train_fraction", "most"], "--train_fraction is 'mo"),
    "seed": (lines(HEADER, *FEW), ["--seed", "lucky"], "must be a whole number, such as 42."),
}


@pytest.fixture(scope="module")
def glue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Glue]:
    with emulated_glue(tmp_path_factory.mktemp("work"), BUCKET) as running:
        running.put("scripts/customer_churn.py", SCRIPT)
        yield running


@pytest.fixture(scope="module")
def results(glue: Glue) -> dict[str, tuple[str, str | None]]:
    """What each of many runs printed, and why it ended early."""
    runs = [[name, f"good/{name}/", f"out/{name}/"] for name in GOOD]
    runs += OTHER_RUNS
    runs += [[name, f"bad/{name}.csv", "out/bad/", *more] for name, (_, more, _) in BAD.items()]
    runs += [["no source", "nowhere.csv", "out/bad/"]]
    for name, files in GOOD.items():
        for number, text in enumerate(files):
            glue.put(f"cases/good/{name}/{number}.csv", text)
    glue.put("cases/good/other label/0.csv", lines(HEADER.replace("churn", "has_left"), *ROWS))
    glue.put("cases/out/raw again/train/part-00000-of-an-earlier-run.csv", "1,2\n")
    for name, (text, _, _) in BAD.items():
        glue.put(f"cases/bad/{name}.csv", text)
    script = glue.put("scripts/many_runs.py", MANY_RUNS)
    module = f"s3://{BUCKET}/scripts/customer_churn.py"
    arguments = ["--folder", f"s3://{BUCKET}/cases/", "--runs", json.dumps(runs)]
    finished = glue.run(script, *arguments, "--extra-py-files", module, name="many runs")
    assert finished.returncode == 0, finished.stderr
    answers = [json.loads(line) for line in finished.stdout.splitlines()]
    return {name: (printed, reason) for name, printed, reason in answers}


@pytest.fixture(scope="module")
def channels(glue: Glue, results) -> dict[str, dict[str, list[str]]]:
    """The rows that each run wrote, by channel."""
    written: dict[str, dict[str, list[str]]] = {}
    for key, text in glue.read("cases/out/").items():
        _, _, name, channel, _ = key.split("/")
        written.setdefault(name, {}).setdefault(channel, []).extend(text.splitlines())
    return written


@pytest.mark.parametrize("name", [*GOOD, "raw again", "other seed", "other label"])
def test_every_form_gives_the_same_encoded_rows(results, channels, name):
    assert results[name][1] is None
    written = channels[name]["train"] + channels[name]["validation"]
    assert Counter(written) == Counter(encode(ROWS))


@pytest.mark.parametrize("name", [*SAME_SPLIT, "raw again"])
def test_the_split_depends_on_the_rows_and_the_seed_alone(channels, name):
    assert channels[name]["train"] == channels["raw"]["train"]
    assert channels[name]["validation"] == channels["raw"]["validation"]


def test_another_seed_gives_another_split(channels):
    assert set(channels["other seed"]["train"]) != set(channels["raw"]["train"])


def test_both_channels_have_the_classes_in_the_same_proportion(channels, results):
    assert Counter(row[0] for row in channels["raw"]["train"]) == {"0": 3005, "1": 495}
    assert Counter(row[0] for row in channels["raw"]["validation"]) == {"0": 1288, "1": 212}
    assert results["raw"][0].splitlines() == [
        "rows: input=5000 train=3500 validation=1500",
        "classes train: 0=3005 1=495",
        "classes validation: 0=1288 1=212",
    ]


def test_the_fraction_can_be_chosen(channels, results):
    assert "rows: input=5000 train=2501 validation=2499" in results["half"][0]
    assert len(channels["half"]["train"]) == 2501
    assert len(channels["half"]["validation"]) == 2499


def test_rows_are_mixed_not_sorted_by_class(channels):
    assert 50 < sum(row[0] == "1" for row in channels["raw"]["train"][:1000]) < 250


def test_channels_hold_data_only_and_a_second_run_replaces_the_first(glue, results):
    for name in ("raw", "raw again"):
        keys = glue.read(f"cases/out/{name}/")
        channels = [re.sub(r"part-\d{5}-\S+\.csv", "part", key).split("/", 3)[3] for key in keys]
        assert channels == ["metadata/columns.json", "train/part", "validation/part"]
        assert all(keys.values())


def test_the_columns_file_turns_a_raw_customer_into_a_request(glue, channels):
    columns = json.loads(
        glue.read("cases/out/raw/metadata/")["cases/out/raw/metadata/columns.json"]
    )
    customer = next(csv.DictReader([HEADER, ROWS[0]]))
    request = []
    for column in columns:
        name, is_category, value = column.partition("=")
        request.append("01"[customer[name] == value] if is_category else customer[name])
    assert ",".join(["0", *request]) == encode(ROWS[:1])[0]


def test_bad_input_writes_nothing(glue, results):
    assert glue.read("cases/out/bad/") == {}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_ends_with_one_sentence_that_says_where_and_what(results, name):
    reason = results[name][1]
    assert reason is not None
    assert BAD[name][2] in reason
    assert reason.startswith((f"s3://{BUCKET}/cases/bad/{name}.csv", "--"))
    assert reason.endswith(".")
    assert "\n" not in reason


def test_a_source_that_is_not_there_is_named(results):
    missing = f"s3://{BUCKET}/cases/nowhere.csv does not exist; check --source."
    assert results["no source"][1] == missing


def test_a_model_learns_from_what_the_script_alone_writes(glue):
    source, output = glue.put("in/churn.csv", RAW), f"s3://{BUCKET}/out/run-1/"
    script = f"s3://{BUCKET}/scripts/customer_churn.py"
    finished = glue.run(script, "--source", source, "--output", output, name="alone")
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.startswith("rows: input=5000 train=3500 validation=1500\n")
    train, validation = (matrix(glue.read(f"out/run-1/{c}/")) for c in ("train", "validation"))
    parameters = {"objective": "binary:logistic", "eval_metric": "auc", "nthread": 1}
    parameters |= {"max_depth": 5, "eta": 0.2, "gamma": 4, "min_child_weight": 6, "subsample": 0.8}
    scores: dict[str, dict[str, list[float]]] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        watched = [(validation, "validation")]
        xgboost.train(parameters, train, 100, evals=watched, evals_result=scores)
    # 0.5 is what rows that XGBoost misreads give. Over 30 seeds the mean is 0.92, the standard
    # deviation 0.009; the split of seed 42 is a hard one (0.895), and is not swapped for an
    # easier one here: this asks whether the channels can be learnt from, not how good a model is.
    assert scores["validation"]["auc"][-1] > 0.85


def matrix(objects: dict[str, str]) -> xgboost.DMatrix:
    rows = numpy.loadtxt(io.StringIO("".join(objects.values())), delimiter=",")
    return xgboost.DMatrix(rows[:, 1:], rows[:, 0])
