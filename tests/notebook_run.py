"""Runs the notebook in a fresh kernel of this interpreter, as Jupyter would, and reads it."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import nbformat
import pandas as pd
from examples import ROOT
from ipykernel.kernelspec import get_kernel_dict
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from traitlets.config import Config

NOTEBOOK = ROOT / "notebooks" / "test_endpoint.ipynb"
INHERITED = ("LANG", "PATH", "TMPDIR")
WRITTEN_TO = ("HOME", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "MPLCONFIGDIR")


def read_notebook() -> nbformat.NotebookNode:
    """Return the notebook as it is committed."""
    return nbformat.read(NOTEBOOK, nbformat.NO_CONVERT)


class Kernel(AsyncKernelManager):
    """Starts this interpreter, whatever kernels are installed and whatever PATH says."""

    @property
    def kernel_spec(self) -> KernelSpec:
        return KernelSpec(**get_kernel_dict())


class Run:
    """The notebook after a run: each cell with its outputs, up to the first error."""

    def __init__(self, folder: Path, home: Path, aws: Mapping[str, str], **changes: str) -> None:
        """Run it in ``folder`` with the variables ``aws``; ``changes`` are of its constants.

        ``home`` takes what Jupyter, IPython and matplotlib write.
        """
        self.notebook = read_notebook()
        for name, value in changes.items():
            self._set(name, value)
        variables = {name: os.environ[name] for name in INHERITED if name in os.environ}
        variables |= {**dict.fromkeys(WRITTEN_TO, str(home)), **aws}
        connection = {"connection_file": str(home / "connection.json"), "ip": "127.0.0.1"}
        client = NotebookClient(
            self.notebook,
            kernel_manager_class=Kernel,
            config=Config(ConnectionFileMixin=connection),
            timeout=120,
            resources={"metadata": {"path": str(folder)}},
        )
        with suppress(CellExecutionError):
            client.execute(env=variables)
        self.outputs = [each for cell in self.notebook.cells for each in cell.get("outputs", ())]

    def _set(self, name: str, value: str) -> None:
        for cell in self.notebook.cells:
            for line in cell.source.splitlines():
                if line.startswith(f"{name} = "):
                    cell.source = cell.source.replace(line, f"{name} = {value}")
                    return
        raise KeyError(name)

    @property
    def error(self) -> str:
        """What the reader sees of the error that ended the run; empty without one."""
        tracebacks = [each.traceback for each in self.outputs if each.output_type == "error"]
        return "\n".join(line for traceback in tracebacks for line in traceback)

    @property
    def printed(self) -> str:
        """All that was printed."""
        return "".join(each.text for each in self.outputs if each.output_type == "stream")

    def shown(self, kind: str) -> list[str]:
        """Everything shown of a MIME type."""
        return [each.data[kind] for each in self.outputs if kind in each.get("data", {})]

    def table(self, cell: str) -> pd.DataFrame:
        """The table that a cell shows."""
        (found,) = [each for each in self.notebook.cells if each.id == cell]
        html = found.outputs[-1].data["text/html"]
        return pd.read_html(io.StringIO(html), index_col=0)[0]
