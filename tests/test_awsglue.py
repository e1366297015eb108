"""getResolvedOptions answers as AWS's documentation of it says."""

import pytest

from generator.local.aws.awsglue.utils import GlueArgumentError, getResolvedOptions

SCRIPT = "script.py"


def test_a_value_may_follow_its_name_or_an_equals_sign():
    argv = [SCRIPT, "--JOB_NAME", "prepare", "--source=s3://bucket/in=1.csv"]
    assert getResolvedOptions(argv, ["JOB_NAME", "source"]) == {
        "JOB_NAME": "prepare",
        "source": "s3://bucket/in=1.csv",
    }


def test_only_the_options_asked_for_are_returned():
    argv = [SCRIPT, "--source", "a", "--seed", "42"]
    assert getResolvedOptions(argv, ["seed"]) == {"seed": "42"}


def test_arguments_that_glue_itself_consumes_are_passed_over():
    argv = [SCRIPT, "--job-bookmark-option", "job-bookmark-disable", "--enable-metrics"]
    argv += ["--job-language", "python", "--JOB_NAME", "prepare", "--TempDir", "s3://bucket/tmp/"]
    assert getResolvedOptions(argv, ["JOB_NAME"]) == {"JOB_NAME": "prepare"}


def test_every_missing_argument_is_named():
    with pytest.raises(GlueArgumentError, match=r"are required: --source, --output$"):
        getResolvedOptions([SCRIPT, "--JOB_NAME", "prepare"], ["JOB_NAME", "source", "output"])


def test_a_name_without_a_value_is_an_error():
    with pytest.raises(GlueArgumentError, match="--source: expected one argument"):
        getResolvedOptions([SCRIPT, "--source", "--seed", "42"], ["source", "seed"])


def test_a_hyphen_in_the_argument_does_not_give_the_underscored_name():
    with pytest.raises(GlueArgumentError, match="--train_fraction"):
        getResolvedOptions([SCRIPT, "--train-fraction", "0.7"], ["train_fraction"])


def test_a_hyphen_in_the_option_asked_for_is_an_error():
    with pytest.raises(GlueArgumentError, match="underscores, not hyphens"):
        getResolvedOptions([SCRIPT, "--train-fraction", "0.7"], ["train-fraction"])


def test_a_name_is_not_taken_for_a_longer_one_that_begins_alike():
    with pytest.raises(GlueArgumentError, match="--source_format"):
        getResolvedOptions([SCRIPT, "--source", "a"], ["source_format"])


def test_the_last_of_several_values_wins_and_empty_and_negative_values_stay():
    argv = [SCRIPT, "--seed", "1", "--seed", "-7", "--label", ""]
    assert getResolvedOptions(argv, ["seed", "label"]) == {"seed": "-7", "label": ""}
