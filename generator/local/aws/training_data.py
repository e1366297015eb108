"""A channel's files as an XGBoost matrix, with the pitfalls that the container's loader has.

https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost.html#InputOutput-XGBoost describes the
formats. XGBoost's own text loader reads the files, as in the container: whatever it makes of a
header line or of quoted rows, it makes of them here.
"""

from __future__ import annotations

import csv
import warnings
from pathlib import Path

import xgboost

from generator.local.aws.hyperparameters import UserError

DEEPEST = 3
LIBSVM = ("libsvm", "text/libsvm", "text/x-libsvm")
CSV = ("csv", "text/csv")


def load_channel(
    folder: Path, content_type: str | None, weighted: bool, staging: Path
) -> xgboost.DMatrix:
    """The matrix of a channel folder; `staging` is an empty folder to link its files into.

    Without a content type the data is taken for libsvm. `weighted` CSV has the instance's weight
    in its second column. Raises UserError where the data cannot be read.
    """
    kind = _kind(content_type)
    files = find_files(folder)
    if not files:
        name = "training" if folder.name == "train" else folder.name
        raise UserError(f"No data in {name} channel path {folder}")
    # One flat folder of numbered names: the loader does not descend, and reads "?" and "#" in
    # a name as its own syntax.
    staging.mkdir(parents=True)
    for number, file in enumerate(files):
        (staging / f"{number:06d}").symlink_to(file)
    options = _csv_options(files, weighted) if kind == "csv" else ""
    matrix = _read(f"{staging}?format={kind}{options}", kind)
    if matrix.get_label().size == 0:
        raise UserError("Got input data without labels. Please check the input data set.")
    return matrix


def find_files(folder: Path) -> list[Path]:
    """The channel's files, the smallest first. Raises UserError for a hidden one."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if any(path.name.startswith(".") for path in files):
        raise UserError("Hidden file found in the data path! Remove that before training.")
    shallow = [path for path in files if len(path.relative_to(folder).parts) <= DEEPEST]
    if len(shallow) < len(files):
        print(f"WARNING: files below {DEEPEST} levels of folders in {folder.name} are ignored")
    return sorted(shallow, key=lambda path: path.stat().st_size)


def _kind(content_type: str | None) -> str:
    if not content_type:
        return "libsvm"
    name, _, options = content_type.lower().partition(";")
    if name.strip() in LIBSVM:
        return "libsvm"
    if name.strip() in CSV:
        if options.strip() not in ("", "label_size=1"):
            raise UserError(
                f"{content_type}: only label_size=1 is supported, the label comes first"
            )
        return "csv"
    raise UserError(
        f"{content_type} is not an accepted ContentType here: the emulated container reads "
        f"{', '.join((*CSV, *LIBSVM))}."
    )


def _csv_options(files: list[Path], weighted: bool) -> str:
    # The container looks at the first line of one file of its choice. An empty file or a
    # _SUCCESS marker may be that one, so here the smallest file always is.
    with files[0].open(encoding="utf-8", errors="replace") as file:
        line = file.readline().rstrip("\r\n")
    try:
        delimiter = csv.Sniffer().sniff(line).delimiter
    except csv.Error as error:
        raise UserError(f"Could not determine delimiter on line {line[:50]}: {error}") from None
    print(f"Determined delimiter of CSV input is '{delimiter}'")
    weight = "&weight_column=1" if weighted else ""
    return f"&label_column=0&delimiter={delimiter}{weight}"


def _read(uri: str, kind: str) -> xgboost.DMatrix:
    try:
        with warnings.catch_warnings():
            # The container reads text this way, deprecated or not; its user cannot change that.
            warnings.filterwarnings("ignore", "(?s).*Text file input has been deprecated")
            return xgboost.DMatrix(uri)
    except Exception as error:  # XGBoost raises several kinds for bad data
        reason = str(error).partition("Stack trace")[0].strip()
        raise UserError(f"Failed to load {kind} data with exception:\n{reason}") from error
