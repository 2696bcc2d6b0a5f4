"""Which runtime was the fastest on this machine, as `saccade bench --detector` measured it."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from platformdirs import user_config_path

from saccade.core import ModelError, parse_json

from ._foreign import is_foreign
from ._runtimes import RUNTIMES, check_runtime

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._card import Architecture
    from ._folder import Model
    from ._runtimes import Runtime

SETTINGS = "SACCADE_SETTINGS"
"""Environment variable: folder of the user's settings, in place of the system's own."""
_FILE = "runtimes.json"
_MOST_BYTES = 2**20


def choices_file() -> Path:
    """Return where choices of runtimes are: ``runtimes.json`` in the user's settings folder."""
    given = os.environ.get(SETTINGS, "").strip()
    folder = Path(given).expanduser() if given else user_config_path("saccade", appauthor=False)
    return folder / _FILE


def chosen_runtime(architecture: Architecture) -> Runtime:
    """Return the runtime that was chosen for such networks on this machine, else torch.

    Parameters
    ----------
    architecture : Architecture
        What takes how long depends on it, not on the weights.

    Raises
    ------
    ModelError
        If the file of choices can't be used, or what was chosen is gone.
    """
    chosen = _choices().get(platform.node(), {}).get(_key(architecture), {}).get("runtime", "torch")
    if chosen not in RUNTIMES:
        raise _unusable(f"it names the runtime {chosen!r}")
    check_runtime(chosen)
    return cast("Runtime", chosen)


def runtime_for(model: Model, asked: Runtime | None = None) -> Runtime:
    """Return what computes a model: what was asked for, else what was chosen for this machine.

    Parameters
    ----------
    model : Model
        One that was imported as a program of ONNX is never computed by torch.
    asked : {'torch', 'onnxruntime', 'openvino'}, optional
        By the user.

    Raises
    ------
    ModelError
        If it can't compute the model, or is not installed.
    """
    runtime = asked or chosen_runtime(model.card.architecture)
    if is_foreign(model) and runtime == "torch":
        if asked is not None:
            raise ModelError(
                f"{model.path} is a program of ONNX, which torch does not run.",
                "Use runtime: onnxruntime, or leave it out.",
            )
        runtime = "onnxruntime"
    check_runtime(runtime)
    return runtime


def choose_runtime(
    architecture: Architecture, runtime: Runtime, median_ms: Mapping[str, float]
) -> Path:
    """Record a runtime as the one for such networks on this machine; return the file.

    Parameters
    ----------
    architecture : Architecture
        Of the network that was measured.
    runtime : {'torch', 'onnxruntime', 'openvino'}
        The choice.
    median_ms : mapping of str to float
        What was measured, by runtime; for people.

    Raises
    ------
    ModelError
        If the file can't be written, or is not one of choices.
    """
    choices = _choices()
    told = {"runtime": runtime, "median_ms": {k: round(v, 3) for k, v in median_ms.items()}}
    choices.setdefault(platform.node(), {})[_key(architecture)] = told
    file = choices_file()
    draft = file.with_name(f"{file.name}.{os.getpid()}.new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(choices, indent=2) + "\n", encoding="utf-8")
        draft.replace(file)
    except OSError as error:
        why = error.strerror or str(error)
        do = f"Name another folder in {SETTINGS}."
        raise ModelError(f"{file} can't be written: {why}.", do) from None
    return file


def _choices() -> dict[str, dict[str, dict[str, Any]]]:
    file = choices_file()
    try:
        with file.open("rb") as opened:
            found = parse_json(opened.read(_MOST_BYTES))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise _unusable(" ".join(str(error).split())) from None
    machines = list(found.values()) if isinstance(found, dict) else [None]
    networks = [told for each in machines if isinstance(each, dict) for told in each.values()]
    if not all(isinstance(each, dict) for each in (*machines, *networks)):
        raise _unusable("it is no mapping of machines and networks")
    return found  # type: ignore[no-any-return]


def _unusable(why: str) -> ModelError:
    do = "Delete it, and measure again: saccade bench --detector MODEL."
    return ModelError(f"{choices_file()} can't be used: {why}.", do)


def _key(of: Architecture) -> str:
    masks = "+masks" if of.masks else ""
    masks += f" {of.members}*" if of.members > 1 else ""
    dilations = ",".join(map(str, of.dilations))
    return f"{of.id} {of.width}x({dilations}) {of.frames}->{len(of.classes)}{masks}"
