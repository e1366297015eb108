"""Turns a telecom churn CSV into the train and validation files that SageMaker's XGBoost reads.

Arguments (`--name value`):

    JOB_NAME        given by Glue
    source          s3:// URI of the CSV: an object, or a prefix that holds several
    output          s3:// prefix; train/, validation/ and metadata/ are written below it
    train_fraction  share of each class that goes to train (default 0.7)
    seed            whole number; the same seed gives the same split (default 42)
    label           name of the label column, where a header names it (default: churn)

The source may have a header or not, and be raw (the 20 columns below) or already encoded (numbers
only, label first). Double quotes are dropped, whether around a value or, as in the published
sample, around a whole row; no value holds a comma. The charges of a raw file are left out, because
each is its minutes times a fixed price.

Written rows have no header and no quotes: the label (0 or 1), the NUMBERS, then one 0/1 column per
category value, 70 columns in all. metadata/columns.json lists the feature columns in that order:
`total_day_minutes` is the number itself, `state=OH` is 1 where state is OH and 0 elsewhere. So a
request to the endpoint is made from a raw customer by walking through that list.
"""

import json
import math
import re
import sys
from typing import Any, NamedTuple

from awsglue.utils import getResolvedOptions
from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.utils import AnalysisException  # where every Spark 3 and 4 has it

DEFAULTS = {"train_fraction": "0.7", "seed": "42", "label": ""}

RAW_COLUMNS = (  # noqa: SIM905
    "state account_length area_code international_plan voice_mail_plan number_vmail_messages "
    "total_day_minutes total_day_calls total_day_charge total_eve_minutes total_eve_calls "
    "total_eve_charge total_night_minutes total_night_calls total_night_charge total_intl_minutes "
    "total_intl_calls total_intl_charge number_customer_service_calls churn"
).split()

# Fixed, not collected from the data: columns must mean the same to every later run and request.
CATEGORIES = {
    "state": (  # noqa: SIM905
        "AK AL AR AZ CA CO CT DC DE FL GA HI IA ID IL IN KS KY LA MA MD ME MI MN MO MS MT NC ND "
        "NE NH NJ NM NV NY OH OK OR PA RI SC SD TN TX UT VA VT WA WI WV WY"
    ).split(),
    "area_code": ["area_code_408", "area_code_415", "area_code_510"],
    "international_plan": ["no", "yes"],
    "voice_mail_plan": ["no", "yes"],
}
LEFT_OUT = [*CATEGORIES, "churn", *(name for name in RAW_COLUMNS if name.endswith("_charge"))]
NUMBERS = [name for name in RAW_COLUMNS if name not in LEFT_OUT]

NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
LABELS = {"0": ["0", "0.0", "no", "false", "false."], "1": ["1", "1.0", "yes", "true", "true."]}
ROWS_PER_FILE = 1_000_000


class Layout(NamedTuple):
    """What the columns of the source are."""

    header: str | None  # the header line, None without one
    columns: list[str]
    label: str
    numbers: list[str]
    categories: dict[str, list[str]]  # with their values


def main(argv: list[str]) -> None:
    """The job; `argv` is sys.argv. What the user can correct ends it with one sentence."""
    arguments = read_arguments(argv)
    fraction, seed = read_fraction(arguments["train_fraction"]), read_seed(arguments["seed"])
    source, output = arguments["source"], arguments["output"].rstrip("/") + "/"
    spark = SparkSession.builder.appName(arguments["JOB_NAME"]).getOrCreate()
    lines = read_lines(spark, source)
    layout = recognise(lines, source, arguments["label"])
    rows = parse(lines, layout)
    counts = count_classes(rows, layout, source)
    train = share_out(counts, fraction, source)
    validation = {label: counts[label] - train[label] for label in counts}
    ranked = split(rows, layout, train, seed)
    write_rows(ranked.where("is_train"), sum(train.values()), output + "train/")
    write_rows(ranked.where("NOT is_train"), sum(validation.values()), output + "validation/")
    write_text(spark, json.dumps(feature_names(layout), indent=0), output + "metadata/columns.json")
    report(counts, train, validation)


def read_arguments(argv: list[str]) -> dict[str, str]:
    """The job's arguments with defaults; getResolvedOptions alone knows no optional ones."""
    given = {word[2:].split("=")[0] for word in argv if word.startswith("--")}
    required = ["JOB_NAME", "source", "output"]
    return DEFAULTS | getResolvedOptions(argv, required + [n for n in DEFAULTS if n in given])


def read_fraction(text: str) -> float:
    """'0.7' -> 0.7."""
    if not is_number(text) or not 0 < float(text) < 1:
        sys.exit(f"--train_fraction is '{text}'; it must lie between 0 and 1, such as 0.7.")
    return float(text)


def read_seed(text: str) -> int:
    """'42' -> 42, with at most 18 digits, which Spark's 64 bits hold."""
    if not re.fullmatch(r"-?\d{1,18}", text):
        sys.exit(f"--seed is '{text}'; it must be a whole number, such as 42.")
    return int(text)


def is_number(text: str) -> bool:
    """Whether XGBoost's CSV reader would take the text for a number."""
    return re.fullmatch(NUMBER, text.strip()) is not None


def column_name(text: str) -> str:
    """'Account Length' -> 'account_length'."""
    return re.sub(r"\W+", "_", text.lower()).strip("_") or "unnamed"


def read_lines(spark: SparkSession, source: str) -> DataFrame:
    """The lines that are not blank, as column `line`, without quotes and space around values."""
    try:
        text = spark.read.text(source)
    except AnalysisException as error:
        if "Path does not exist" in str(error):
            sys.exit(f"{source} does not exist; check --source.")
        raise
    unquoted = F.trim(F.translate("value", '"\ufeff', ""))
    return text.select(F.regexp_replace(unquoted, r"\s*,\s*", ",").alias("line")).where(
        "line != ''"
    )


def recognise(lines: DataFrame, source: str, label: str) -> Layout:
    """Tell the source's layout from its first two lines; ends the job if it is none we know."""
    first = [row.line for row in lines.head(2)]
    fields = [line.split(",") for line in first]
    header = first[0] if first and not any(is_number(field) for field in fields[0]) else None
    if len(first) == (0 if header is None else 1):
        sys.exit(f"{source} has no rows.")
    if header is None:
        return layout_by_position(fields[0], source, label)
    encoded = all(is_number(field) for field in fields[1])
    return layout_by_name(header, encoded, source, label and column_name(label))


def layout_by_position(fields: list[str], source: str, label: str) -> Layout:
    """The layout of a source without a header, from the fields of its first row."""
    if label:
        sys.exit(f"{source} has no header, so --label '{label}' names nothing; leave --label out.")
    if all(is_number(field) for field in fields) and len(fields) > 1:
        columns = [f"column_{number}" for number in range(len(fields))]
        return Layout(None, columns, columns[0], columns[1:], {})
    if len(fields) != len(RAW_COLUMNS):
        sys.exit(
            f"{source} has no header and {len(fields)} columns; without a header it must have "
            f"numbers only, label first, or all of {', '.join(RAW_COLUMNS)}."
        )
    return Layout(None, RAW_COLUMNS, "churn", NUMBERS, CATEGORIES)


def layout_by_name(header: str, encoded: bool, source: str, label: str) -> Layout:
    """The layout of a source with a header; columns that are not needed are left out."""
    columns = [column_name(field) for field in header.split(",")]
    if len(set(columns)) < len(columns):
        sys.exit(f"{source} has two columns of one name; its header is: {', '.join(columns)}.")
    if not label:
        label = columns[0] if encoded and "churn" not in columns else "churn"
    needed = [label] if encoded else [*RAW_COLUMNS[:-1], label]
    missing = [column for column in needed if column not in columns]
    if missing:
        sys.exit(f"{source} lacks the column {', '.join(missing)}; it has {', '.join(columns)}.")
    if encoded:
        return Layout(header, columns, label, [name for name in columns if name != label], {})
    return Layout(header, columns, label, NUMBERS, CATEGORIES)


def parse(lines: DataFrame, layout: Layout) -> DataFrame:
    """Each `line` that is not a header, and its `fields`, an array of text."""
    rows = lines if layout.header is None else lines.where(F.col("line") != layout.header)
    return rows.select("line", F.split("line", ",").alias("fields"))


def field(layout: Layout, name: str) -> Column:
    """A field of a parsed row; null in a row that is too short."""
    return F.col("fields")[layout.columns.index(name)]


def label_column(layout: Layout) -> Column:
    """The class, '0' or '1'; null where the value is none of LABELS."""
    value = F.lower(field(layout, layout.label))
    return F.when(value.isin(LABELS["1"]), "1").when(value.isin(LABELS["0"]), "0")


def feature_names(layout: Layout) -> list[str]:
    """Names of the feature columns in the order in which `encode` writes them."""
    categories = layout.categories.items()
    return layout.numbers + [f"{name}={value}" for name, values in categories for value in values]


def encode(layout: Layout) -> Column:
    """Label and features as one text: far cheaper to plan for Spark than 70 columns."""
    numbers = [field(layout, name) for name in layout.numbers]
    flags = [flag_values(field(layout, name), v) for name, v in layout.categories.items()]
    return F.concat_ws(",", label_column(layout), *numbers, *flags)


def flag_values(value: Column, values: list[str]) -> Column:
    """One-hot as text: '0,1,0' for the second of three values."""
    known = F.array(*map(F.lit, values))
    return F.array_join(F.transform(known, lambda v: F.when(v == value, "1").otherwise("0")), ",")


def find_problem(layout: Layout) -> Column:
    """What is wrong with a row, as text; null for a good row."""
    width, label = len(layout.columns), label_column(layout)
    binary = "a binary label (0/1, yes/no, true/false)"
    wrong_width = F.when(F.size("fields") != width, f"there are not {width} values")
    checks = {layout.label: (label.isNotNull(), binary)}
    for name in layout.numbers:
        checks[name] = field(layout, name).rlike(f"^{NUMBER}$"), "a number"
    for name, known in layout.categories.items():
        checks[name] = field(layout, name).isin(known), f"one of {', '.join(known)}"
    wrong_values = [
        F.when(~valid, F.format_string(f"{name} is '%s', which is not {kind}", field(layout, name)))
        for name, (valid, kind) in checks.items()
    ]
    return F.coalesce(wrong_width, *wrong_values)


def count_classes(rows: DataFrame, layout: Layout, source: str) -> dict[str, int]:
    """Rows by class ('0', '1'); ends the job if a row cannot be used."""
    problem, label = find_problem(layout).alias("problem"), label_column(layout).alias("label")
    zero, one = (F.count(F.when(F.col("label") == value, 1)) for value in LABELS)
    counts = [F.count("*"), F.count("problem"), F.min("problem"), zero, one]
    total, bad, example, zeros, ones = rows.select(problem, label).agg(*counts).collect()[0]
    if not total:
        sys.exit(f"{source} has no rows.")
    if bad:
        advice = "correct or remove them; for example,"
        sys.exit(f"{source}: {bad} of {total} rows cannot be used, {advice} in one {example}.")
    return {"0": zeros, "1": ones}


def share_out(counts: dict[str, int], fraction: float, source: str) -> dict[str, int]:
    """Rows of each class that go to train; ends the job if a split would lack a class."""
    train = {label: math.floor(count * fraction + 0.5) for label, count in counts.items()}
    for label, count in counts.items():
        if train[label] in (0, count):
            absent = "train" if train[label] == 0 else "validation"
            sys.exit(
                f"{source} has {count} rows of class {label}, so {absent} would get none with "
                f"--train_fraction {fraction}; give more rows or another fraction."
            )
    return train


def split(rows: DataFrame, layout: Layout, train: dict[str, int], seed: int) -> DataFrame:
    """The encoded `text` of each row, its `place` in a seeded shuffle, and whether it `is_train`.

    The place comes from the row's own text, so the split depends on neither file nor partition
    boundaries; rows of equal text are interchangeable.
    """
    place = F.xxhash64(F.lit(seed), "line").alias("place")
    encoded = rows.select(label_column(layout).alias("label"), encode(layout).alias("text"), place)
    rank = F.row_number().over(Window.partitionBy("label").orderBy("place"))
    last = F.when(F.col("label") == "1", train["1"]).otherwise(train["0"])
    return encoded.withColumn("is_train", rank <= last)


def write_rows(rows: DataFrame, count: int, target: str) -> None:
    """Write `count` rows as CSV; hashing spreads them evenly, so that no file stays empty."""
    files = math.ceil(count / ROWS_PER_FILE)
    rows = rows.repartition(files, "place").sortWithinPartitions("place")
    writer = rows.select("text").write.mode("overwrite")
    # SageMaker's XGBoost would take a _SUCCESS file for data.
    writer = writer.option("mapreduce.fileoutputcommitter.marksuccessfuljobs", "false")
    writer.csv(target, sep="\x01", quote="")  # the text has its commas; they need no quotes


def write_text(spark: SparkSession, text: str, target: str) -> None:
    """Write one small file under a name of our choice, which Spark's own writers cannot do."""
    jvm: Any = spark._jvm
    path = jvm.org.apache.hadoop.fs.Path(target)
    file = path.getFileSystem(spark._jsc.hadoopConfiguration()).create(path, True)
    file.write(bytearray(text, "utf-8"))
    file.close()


def report(counts: dict[str, int], train: dict[str, int], validation: dict[str, int]) -> None:
    """Print the row and class counts, in lines that programs may read."""
    totals = {"input": counts, "train": train, "validation": validation}
    print("rows:", *(f"{name}={sum(classes.values())}" for name, classes in totals.items()))
    for name, classes in {"train": train, "validation": validation}.items():
        print(f"classes {name}:", *(f"{label}={count}" for label, count in classes.items()))


if __name__ == "__main__":
    main(sys.argv)
