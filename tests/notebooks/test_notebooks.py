"""Every notebook runs from its first cell to its last."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.filterwarnings("default")  # of Jupyter's own machinery; the kernel has its own rules
def test_a_notebook_runs_to_its_end(path: Path, tmp_path: Path) -> None:
    """Executed in a fresh kernel and folder, no cell of the notebook fails."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=100, resources={"metadata": {"path": tmp_path}})
    client.execute()
    assert all(cell.get("execution_count") for cell in notebook.cells if cell.cell_type == "code")


def test_notebooks_are_stored_without_output() -> None:
    """What a notebook prints is not committed: it is whatever it prints today."""
    assert NOTEBOOKS
    for path in NOTEBOOKS:
        cells = nbformat.read(path, as_version=4).cells
        assert not any(cell.get("outputs") for cell in cells), path.name
