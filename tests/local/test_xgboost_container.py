"""The emulated XGBoost container: hyperparameters, data loading, metrics, library releases."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import xgboost

from generator.local.aws.containers import RELEASES, Container, container_of, introduction
from generator.local.aws.evaluation import (
    COMPUTED,
    MAXIMIZED,
    MINIMIZED,
    custom_metric,
    is_maximized,
)
from generator.local.aws.hyperparameters import UserError, validate
from generator.local.aws.serving_container import Model, RequestError, read_csv
from generator.local.aws.training_container import save
from generator.local.aws.training_data import find_files, load_channel

RIGHT = {"num_round": "10", "objective": "binary:logistic"}


def test_hyperparameters_become_typed_and_aliases_get_their_real_names():
    raw = {**RIGHT, "learning_rate": "0.2", "max_depth": "5", "eval_metric": "logloss,error@-.7"}
    assert validate(raw) == {
        "num_round": 10,
        "objective": "binary:logistic",
        "eta": 0.2,
        "max_depth": 5,
        "eval_metric": ["logloss", "error@-.7"],
    }


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"max_dept": "5"}, "Extraneous hyperparameter found: max_dept"),
        ({"device": "cpu"}, "Extraneous hyperparameter found: device"),
        ({"num_round": "0"}, r"num_round: 0 is not in the range \[1,inf\)"),
        ({"max_depth": "5.0"}, "max_depth: could not parse '5.0' as an integer"),
        ({"eta": "fast"}, "eta: could not parse 'fast' as a number"),
        ({"eta": "nan"}, "eta: nan is not in the range"),
        ({"subsample": "0"}, r"subsample: 0 is not in the range \(0,1\]"),
        ({"objective": "binary:logit"}, "objective: 'binary:logit' is not in"),
        ({"save_model_on_termination": "True"}, "'True' is not in"),
        ({"objective": "multi:softmax"}, "Require input for parameter 'num_class'"),
        ({"eval_metric": "auc, logloss"}, "' logloss' is not a supported metric"),
        ({"eval_metric": "auc@0.5"}, "invalid threshold"),
        ({"eval_metric": "auc", "objective": "reg:squarederror"}, "Metric 'auc' can only"),
        ({"eval_metric": "aft-nloglik"}, "only be applied for objective 'survival:aft'"),
        ({"monotone_constraints": "(1,0)"}, "only when tree_method is set to exact or hist"),
        ({"monotone_constraints": "(2,0)", "tree_method": "hist"}, "invalid value"),
        ({"interaction_constraints": "[[0,1]]", "tree_method": "hist"}, "invalid value"),
        ({"booster": "gblinear", "updater": "prune"}, "linear updater must be"),
        ({"process_type": "update", "updater": "refresh,shotgun"}, "only be used with refresh"),
        ({"updater": "grow_colmaker,grow_histmaker"}, "Only one tree grow plugin"),
        ({"updater": "coord_descent"}, "none of shotgun and coord_descent"),
        ({"eval_metric": "error@"}, "invalid threshold"),
    ],
)
def test_a_hyperparameter_that_the_container_refuses_is_refused(changes, reason):
    with pytest.raises(UserError, match=reason):
        validate({**RIGHT, **changes})


def test_the_number_of_rounds_is_required_and_metrics_need_an_objective():
    with pytest.raises(UserError, match="Missing required hyperparameter: num_round"):
        validate({"objective": "binary:logistic"})
    with pytest.raises(UserError, match="'objective' is needed"):
        validate({"num_round": "1", "eval_metric": "logloss"})


@pytest.fixture
def folder(tmp_path) -> Path:
    """A channel folder with one small CSV file."""
    folder = tmp_path / "train"
    folder.mkdir()
    (folder / "part-0.csv").write_text("1,0.5,2\n0,1.5,3\n")
    return folder


def load(folder: Path, content_type: str | None = "text/csv", weighted: bool = False):
    return load_channel(folder, content_type, weighted, folder.parent / "staging")


def test_csv_has_the_label_first_and_the_weight_second_where_asked(folder):
    plain = load(folder, "text/csv;label_size=1")
    assert (plain.num_row(), plain.num_col()) == (2, 2)
    assert plain.get_label().tolist() == [1.0, 0.0]
    weighted = load_channel(folder, "csv", True, folder.parent / "again")
    assert weighted.num_col() == 1
    assert weighted.get_weight().tolist() == [0.5, 1.5]


def test_the_delimiter_is_found_out(folder):
    (folder / "part-0.csv").write_text("1;0.5;2\n0;1.5;3\n")
    assert load(folder).num_col() == 2


def test_files_of_subfolders_are_read_too_down_to_the_third_level(folder, capsys):
    for depth in ("a", "a/b/c/d"):
        (folder / depth).mkdir(parents=True)
        (folder / depth / "more.csv").write_text("1,1,1\n")
    assert load(folder).num_row() == 3
    assert "files below 3 levels" in capsys.readouterr().out


def test_a_missing_content_type_means_libsvm(folder):
    (folder / "part-0.csv").write_text("1 0:0.5 1:2\n0 0:1.5\n")
    matrix = load(folder, None)
    assert (matrix.num_row(), matrix.num_col()) == (2, 2)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("_SUCCESS", "", "Could not determine delimiter"),
        ("empty.csv", "", "Could not determine delimiter"),
        (".part.crc", "x", "Hidden file found in the data path"),
    ],
)
def test_files_that_spark_leaves_behind_fail_the_job(folder, name, content, reason):
    (folder / name).write_text(content)
    with pytest.raises(UserError, match=reason):
        load(folder)


@pytest.mark.parametrize("name", ["train", "validation"])
def test_an_empty_channel_fails_the_job(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    word = {"train": "training"}.get(name, name)
    with pytest.raises(UserError, match=f"No data in {word} channel path"):
        load(folder)


@pytest.mark.parametrize("kind", ["application/x-parquet", "text/csv;label_size=2"])
def test_a_content_type_that_cannot_be_read_fails_the_job(folder, kind):
    with pytest.raises(UserError, match=r"label_size=1|not an accepted ContentType"):
        load(folder, kind)


def test_the_smallest_file_is_looked_at_first(folder):
    (folder / "tiny.csv").write_text("1,2\n")
    assert find_files(folder)[0].name == "tiny.csv"


def test_metrics_computed_by_the_container_agree_with_hand_counts():
    # Of 4 negatives 3 are called negative; of 2 positives 1 is called positive.
    truth = np.array([0, 0, 0, 0, 1, 1], dtype=np.float32)
    scores = np.array([0.1, 0.2, 0.3, 0.9, 0.8, 0.4], dtype=np.float32)
    matrix = SimpleNamespace(get_label=lambda: truth)
    found = dict(custom_metric(sorted(COMPUTED), "binary:logistic")(scores, matrix))
    assert found["accuracy"] == pytest.approx(4 / 6)
    assert found["balanced_accuracy"] == pytest.approx((3 / 4 + 1 / 2) / 2)
    assert found["precision"] == found["recall"] == found["f1_binary"] == pytest.approx(1 / 2)
    assert found["f1"] == found["f1_macro"] == pytest.approx((3 / 4 + 1 / 2) / 2)
    assert found["precision_macro"] == pytest.approx((3 / 4 + 1 / 2) / 2)
    assert found["precision_micro"] == found["recall_micro"] == found["accuracy"]
    regression = dict(custom_metric(["mse", "r2"], "reg:squarederror")(scores, matrix))
    squares = 0.01 + 0.04 + 0.09 + 0.81 + 0.04 + 0.36
    assert regression["mse"] == pytest.approx(squares / 6)
    assert regression["r2"] == pytest.approx(1 - squares / 6 / (2 / 6 * 4 / 6), rel=1e-5)


def test_every_computed_metric_is_on_exactly_one_side():
    assert set(COMPUTED) <= MAXIMIZED | MINIMIZED
    assert not MAXIMIZED & MINIMIZED


def test_the_container_holds_a_ranking_metric_with_a_number_for_an_error():
    assert is_maximized("ndcg")
    assert not is_maximized("ndcg@5")


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0", "3.2-0"),
        ("683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1-cpu-py3", "1.7-1"),
        ("450853457545.dkr.ecr.cn-north-1.amazonaws.com.cn/sagemaker-xgboost:3.0-5", "3.0-5"),
        ("683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:latest", None),
        ("123456789012.dkr.ecr.us-east-1.amazonaws.com/churn:3.2-0", None),
        ("", None),
    ],
)
def test_an_image_names_a_version_of_the_container(image, version):
    container = container_of(image)
    assert (container.version if container else None) == version


def test_the_library_of_a_container_version_comes_first_where_it_is_installed(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert Container("3.0-5").python_path == ()
    folder = tmp_path / "share" / "pipelines" / "xgboost" / "3.0-5"
    folder.mkdir(parents=True)
    assert Container("3.0-5").python_path == (folder,)


def test_the_log_says_when_another_release_stands_in():
    assert introduction("3.2-0", "3.2.0") == "XGBoost 3.2.0 (container 3.2-0)"
    assert "container 1.7-1 has 1.7.4 on AWS" in introduction("1.7-1", "3.2.0")
    assert introduction("9.9-9", "3.2.0") == "XGBoost 3.2.0 (container 9.9-9)"
    assert RELEASES["3.0-5"] == "3.0.5"


def test_a_payload_is_read_with_its_own_delimiter_and_empty_cells_as_missing():
    assert read_csv("1;2;3").tolist() == [[1.0, 2.0, 3.0]]
    assert read_csv("7").tolist() == [[7.0]]
    assert np.isnan(read_csv("1,,3")).tolist() == [[False, True, False]]
    for text in ("", "1,2\n1", "a"):
        with pytest.raises(ValueError, match=r"."):
            read_csv(text)


def serve(folder: Path, objective: str, **settings) -> Model:
    """A model of three classes, or of the last one against the others."""
    features = np.random.default_rng(1).normal(size=(300, 2))
    label = (features[:, 0] > -0.5).astype(int) + (features[:, 0] > 0.5)
    if not objective.startswith("multi"):
        label = label == 2
    parameters = {"objective": objective, **settings}
    booster = xgboost.train(parameters, xgboost.DMatrix(features, label), num_boost_round=5)
    save(booster, folder / "xgboost-model")
    return Model(folder)


@pytest.mark.parametrize(
    ("objective", "settings", "expected"),
    [
        ("multi:softmax", {"num_class": 3}, 2.0),
        ("multi:softprob", {"num_class": 3}, [0.1, 0.1, 0.8]),
        ("binary:hinge", {}, 1.0),
    ],
)
def test_a_model_answers_with_classes_or_with_a_list_of_probabilities(
    tmp_path, objective, settings, expected
):
    model = serve(tmp_path, objective, **settings)
    body, kind = model.answer(b"2,0\n2,0", "text/csv; charset=utf-8", "application/json")
    assert kind == "application/json"
    first, second = json.loads(body)["predictions"]
    assert first == second
    assert np.allclose(first["score"], expected, atol=0.15)
    body, kind = model.answer(b"2,0\n2,0", "text/csv", "")
    assert (kind, body.decode()) == ("text/csv", f"{first['score']},{first['score']}")


def test_a_payload_of_another_width_is_refused(tmp_path):
    model = serve(tmp_path, "binary:logistic")
    with pytest.raises(RequestError, match="Feature size of text/csv inference data 3"):
        model.answer(b"1,2,3", "text/csv", "text/csv")


def test_a_folder_without_a_model_cannot_be_served(tmp_path, monkeypatch):
    with pytest.raises(RuntimeError, match="does not contain a file named xgboost-model"):
        Model(tmp_path)
    (tmp_path / "xgboost-model").write_bytes(b"x")
    monkeypatch.setenv("SAGEMAKER_INFERENCE_OUTPUT", "predicted_label")
    with pytest.raises(RuntimeError, match="SAGEMAKER_INFERENCE_OUTPUT is not emulated"):
        Model(tmp_path)
