"""dag-factory's DagBuilder alone, without what only other people's pipelines need.

dag-factory imports a few operators and sensors, to treat them specially if a DAG has any. Our
templates name none of them, and importing them (with aiohttp and sqlparse) takes longer than
everything else that a parse does. So stand-ins take their places in the meantime, and that of the
package itself, which would import its loader of YAML. Another DAG file of the same process that
imports dag-factory gets the whole of it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import islice
from types import ModuleType

_PACKAGE = "dagfactory"

_TREATED = {
    "airflow.providers.standard.operators.python": ("PythonOperator", "BranchPythonOperator"),
    "airflow.providers.standard.sensors.python": ("PythonSensor",),
    "airflow.operators.python": ("PythonOperator", "BranchPythonOperator"),
    "airflow.sensors.python": ("PythonSensor",),
    "airflow.providers.http.operators.http": ("HttpOperator",),
    "airflow.providers.http.sensors.http": ("HttpSensor",),
    "airflow.providers.common.sql.sensors.sql": ("SqlSensor",),
}
"""What dagfactory/dagbuilder.py of dag-factory 1.1.0 imports for ``issubclass`` alone."""


@contextmanager
def _stand_ins() -> Iterator[None]:
    absent = [name for name in _TREATED if name not in sys.modules]
    others = len(sys.modules)
    sys.modules[_PACKAGE] = _package()
    sys.modules.update({name: _stand_in(name) for name in absent})
    try:
        yield
    finally:
        # Looking at all of the names would copy much of what forked processes share.
        for name in list(islice(reversed(sys.modules), len(sys.modules) - others)):
            if name in absent or name.partition(".")[0] == _PACKAGE:
                del sys.modules[name]


def _package() -> ModuleType:
    found = find_spec(_PACKAGE)
    if found is None:
        raise ModuleNotFoundError(f"No module named '{_PACKAGE}'", name=_PACKAGE)
    module = ModuleType(_PACKAGE)
    module.__path__ = found.submodule_search_locations or []
    return module


def _stand_in(name: str) -> ModuleType:
    module = ModuleType(name)
    for each in _TREATED[name]:
        setattr(module, each, type(each, (), {}))
    return module


if _PACKAGE in sys.modules:
    from dagfactory.dagbuilder import DagBuilder
else:
    with _stand_ins():
        from dagfactory.dagbuilder import DagBuilder

__all__ = ["DagBuilder"]
