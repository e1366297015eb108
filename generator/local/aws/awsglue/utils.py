"""getResolvedOptions, written from AWS's documentation of it.

https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-crawler-pyspark-extensions-get-resolved-options.html
"""

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import NoReturn


class GlueArgumentError(Exception):
    """A job argument that the script asks for was not given, or was given without a value."""


class _Parser(ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise GlueArgumentError(message)


def getResolvedOptions(args: Sequence[str], options: Sequence[str]) -> dict[str, str]:  # noqa: N802
    """The values, as text, of the job arguments named in `options`.

    `args` is sys.argv: the script, then `--name value` or `--name=value`. Whatever else is in it is
    passed over: arguments that were not asked for and those that Glue itself consumes, such as
    --job-bookmark-option. The last of several values wins. Names have underscores, no hyphens
    ("the arguments use only underscores, not hyphens"): `--train-fraction` does not give
    `train_fraction`. Raises GlueArgumentError naming every argument that is missing.
    """
    for option in options:
        if "-" in option:
            raise GlueArgumentError(
                f"the argument '{option}' cannot be resolved: names use underscores, not hyphens"
            )
    parser = _Parser(allow_abbrev=False, add_help=False)
    for option in options:
        parser.add_argument(f"--{option}", dest=option, required=True)
    return vars(parser.parse_known_args(args[1:])[0])
