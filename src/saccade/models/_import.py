"""A checkpoint of torch becomes safetensors: once, on purpose, in a process of its own."""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from saccade.core import ModelError, is_number, require

from ._child import told_by
from ._formats import refuse_by_name
from ._weights import MOST_BYTES, weights_of

if TYPE_CHECKING:
    from ._weights import Weights

_TORCH = (".pt", ".pth", ".ckpt", ".bin")


def import_model(
    source: Path | str, out: Path | str, *, timeout_s: float = 120.0, memory_mb: float = 4096.0
) -> Weights:
    """Write the weights of a checkpoint as safetensors, and return them with their sha256.

    A process of its own unpickles it, with ``weights_only=True``, limits of time and (on Linux)
    memory, and an audit hook that ends it at the first socket, process or foreign file. What it
    hands over is checked as any model is before it is written.

    Parameters
    ----------
    source : Path or str
        A ``.pt``, ``.pth``, ``.ckpt`` or ``.bin`` of tensors by name, perhaps under the key
        ``state_dict`` or ``model``.
    out : Path or str
        A ``.safetensors`` file that does not exist yet.
    timeout_s : float
        Longest time that it may take.
    memory_mb : float
        Most memory, in MiB, that it may take beyond that of torch.

    Raises
    ------
    ModelError
        If it is anything else than weights, or can't be had within the limits.
    """
    source, out = Path(source), Path(out)
    for name, value in (("timeout_s", timeout_s), ("memory_mb", memory_mb)):
        ok = is_number(value) and value > 0
        require(ok, f"import_model.{name}", value, "a number above 0", "Leave it out.")
    _check(source, out)
    with tempfile.TemporaryDirectory(prefix="saccade-import-") as scratch:
        draft = Path(scratch) / "draft.safetensors"
        _unpickle(source, draft, timeout_s, memory_mb)
        content = draft.read_bytes()
    weights = weights_of(content, source, hashlib.sha256(content).hexdigest())
    try:
        with out.open("xb") as file:
            file.write(content)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ModelError(f"{out} can't be written: {reason}.", "Name a new file.") from None
    return weights


def _check(source: Path, out: Path) -> None:
    if out.suffix != ".safetensors":
        raise ModelError(f"{out} would be no .safetensors file.", "Name it so.")
    if out.exists():
        raise ModelError(f"{out} is there already, and is never replaced.", "Name a new file.")
    if source.suffix.lower() not in _TORCH:
        refuse_by_name(str(source))
        raise ModelError(
            f"{source} is no checkpoint of torch.", f"It is one of: {', '.join(_TORCH)}."
        )
    try:
        size = source.stat().st_size if source.is_file() else -1
        if size >= 0 and zipfile.is_zipfile(source):
            _check_archive(source)
    except (OSError, zipfile.BadZipFile, ValueError) as error:
        raise ModelError(f"{source} can't be read: {error}.", "Check the file.") from None
    if not 0 <= size <= 2 * MOST_BYTES:
        raise ModelError(f"{source} is no file, or too large a one.", "Check the path.")


def _check_archive(source: Path) -> None:
    with zipfile.ZipFile(source) as archive:
        entries = archive.infolist()
    names = [entry.filename.partition("/")[2] or entry.filename for entry in entries]
    if any(
        name.startswith(("code/", "constants.pkl", "archive_format", "models/")) for name in names
    ):
        raise ModelError(
            f"{source} is a program (TorchScript or torch.export), not weights.",
            "Save model.state_dict() where the model was made.",
        )
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise ModelError(f"{source} is compressed, as torch never does.", "Save it anew.")


def _unpickle(source: Path, draft: Path, timeout_s: float, memory_mb: float) -> None:
    """Have a child write the draft; raise what it tells."""
    settings = {
        "source": str(source.resolve()),
        "draft": str(draft),
        "memory_bytes": int(memory_mb * 2**20),
        "cpu_s": int(timeout_s) + 1,
        "most_bytes": MOST_BYTES,
    }
    try:
        told = told_by("_unpickle.py", settings, draft.parent, timeout_s)
    except TimeoutError:
        raise ModelError(
            f"{source} was not read within {timeout_s:g} s.", "Is it weights, and no more?"
        ) from None
    if why := told["error"] or ("" if draft.is_file() else "nothing came of it"):
        raise ModelError(f"{source} can't be imported: {why}.", "Save model.state_dict() anew.")
