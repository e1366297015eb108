"""Makes customer-churn.csv from the data set `mlc_churn` of the R package modeldata.

    python data/make_customer_churn.py UNPACKED/usr/lib/R/site-library/modeldata/data/Rdata.rdb

Needs the PyPI package `rdata`; downloads nothing. README.md says where the data comes from.
"""

import lzma
import sys
from pathlib import Path

import pandas
import rdata

ROWS, COLUMNS, CHURNERS = 5000, 20, 707


def read_churn(database: Path) -> pandas.DataFrame:
    """The data set as R holds it: 5,000 customers, the label `churn` ("yes" or "no") last.

    An R package keeps its data in a lazy-load database: `.rdx` is an index from name to (offset,
    length) in bytes, `.rdb` holds the objects, each 4 bytes of length, the letter of the
    compression and the compressed serialization (R's src/main/serialize.c, `R_lazyLoadDBfetch`).
    """
    index = rdata.read_rds(database.with_suffix(".rdx"))
    offset, length = (int(number) for number in index["variables"]["mlc_churn"])
    stored = database.read_bytes()[offset : offset + length]
    if stored[4:5] != b"Z":
        raise ValueError(f"{database}: mlc_churn is not compressed with xz, so this cannot read it")
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 26}]
    serialized = lzma.decompress(stored[5:], format=lzma.FORMAT_RAW, filters=filters)
    classes = dict(rdata.conversion.DEFAULT_CLASS_MAP)
    classes["tbl_df"] = classes["data.frame"]  # a tibble is a data frame; rdata would warn
    return rdata.conversion.convert(rdata.parser.parse_data(serialized, extension=".rds"), classes)


def main(arguments: list[str]) -> None:
    """Write customer-churn.csv beside this script; or end with a sentence that helps."""
    if len(arguments) != 1 or not Path(arguments[0]).is_file():
        sys.exit(
            "Give the path of modeldata's Rdata.rdb. To get it on Debian or Ubuntu: "
            "`apt-get download r-cran-modeldata && dpkg-deb -x r-cran-modeldata_*.deb UNPACKED`, "
            "then UNPACKED/usr/lib/R/site-library/modeldata/data/Rdata.rdb."
        )
    churn = read_churn(Path(arguments[0]))
    if churn.shape != (ROWS, COLUMNS) or (churn["churn"] == "yes").sum() != CHURNERS:
        sys.exit(f"This is not the set of {ROWS} rows, {COLUMNS} columns, {CHURNERS} churners.")
    target = Path(__file__).with_name("customer-churn.csv")
    churn.to_csv(target, index=False, lineterminator="\n")
    print(f"{target}: {len(churn)} rows, {len(churn.columns)} columns, {CHURNERS} churners")


if __name__ == "__main__":
    main(sys.argv[1:])
