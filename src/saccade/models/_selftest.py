"""The process in which a program from elsewhere computes for the first time: run as a script."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

PROGRAM, TRIAL, PAIR = "program.onnx", "trial.json", "pair.safetensors"
INPUT = "input"
"""Of the pair; its other tensors are the answers, numbered."""


def main(settings: dict[str, Any]) -> dict[str, Any]:
    """Let a program answer the test of its package; return what speaks against it, and its pace."""
    sys.path.insert(0, settings["home"])
    import onnx  # noqa: F401 - whatever is needed, before nothing may be started any more
    import onnxruntime  # noqa: F401
    import safetensors.numpy

    from saccade.models._confine import confine, limit
    from saccade.models._example import EXAMPLE, PICTURES
    from saccade.models._foreign import check_program, laid, open_foreign, run_foreign
    from saccade.models._program import Trial
    from saccade.models._steps import done

    folder = Path(settings["folder"])
    trial = Trial.model_validate_json((folder / TRIAL).read_bytes())
    pair = safetensors.numpy.load_file(folder / PAIR)
    limit(settings["memory_bytes"], settings["cpu_s"])
    confine(folder, None, lambda _: None)
    content = (folder / PROGRAM).read_bytes()
    check_program(content, "it")
    session = open_foreign(content)
    if len(session.get_inputs()) != 1:
        return {"error": f"the program takes {len(session.get_inputs())} tensors, not one"}
    given = done(trial.steps, pair[INPUT], trial.axes)
    run_foreign(session, given)  # the first time it also plans its memory
    began_s = time.perf_counter()
    told = run_foreign(session, given)
    took_s = time.perf_counter() - began_s
    if why := against(trial.tested, told, pair, done):
        return {"error": why}
    names = [each.name for each in session.get_outputs()]
    pictures = laid(given, trial.axes, "bcyx").astype("float32")
    if len(pictures) == 1 and pictures.size == given.size and PICTURES not in names:
        heads = {name: each.astype("float32") for name, each in zip(names, told, strict=True)}
        safetensors.numpy.save_file({PICTURES: pictures, **heads}, folder / EXAMPLE)
    return {"error": "", "names": names, "ns_a_px": 1e9 * took_s / max(given.size, 1)}


def against(tested: Any, told: Any, pair: Any, done: Any) -> str:
    """Return what speaks against the answers of a program; empty if they are as they should be."""
    for number, each in enumerate(tested):
        if each.answer.place >= len(told):
            return f"the program has {len(told)} answers, and the package tells of more"
        answer = done(each.answer.steps, told[each.answer.place], each.answer.axes)
        if why := unlike(answer, pair[str(number)], each):
            return f"its answer {number} is not that of its package: {why}"
    return ""


def unlike(told: Any, wanted: Any, within: Any) -> str:
    """Return in what an answer differs from the one that is wanted; empty if it doesn't."""
    import numpy as np

    if told.shape != wanted.shape:
        return f"it is {told.shape}, not {wanted.shape}"
    away = np.abs(told.astype(np.float64) - wanted.astype(np.float64))
    allowed = within.absolute + within.relative * np.abs(wanted.astype(np.float64))
    off = ~(away <= allowed)  # of NaN as well
    if off.sum() * 1e6 > within.per_million * off.size:
        return f"{off.mean():.2%} of it is off, by up to {away.max():.3g}"
    return ""


if __name__ == "__main__":
    try:
        said = main(json.loads(sys.argv[1]))
    except Exception as error:  # noqa: BLE001 - it is told, and the parent decides
        said = {"error": " ".join(f"{type(error).__name__}: {error}".split())[:500]}
    sys.stdout.write("\n" + json.dumps(said) + "\n")
    sys.exit(1 if said["error"] else 0)
