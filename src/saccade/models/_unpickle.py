"""The process that reads a checkpoint: run as a script, with nothing but its settings."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

_LEAST_TORCH = (2, 10)
"""Earlier ones run code of a checkpoint even with ``weights_only`` (CVE-2025-32434: before 2.6;
CVE-2026-24747: before 2.10)."""
_WRAPPED = ("state_dict", "model_state_dict", "model")


def main(settings: dict[str, Any]) -> str:
    """Read, check and write; return what speaks against it."""
    import torch

    if tuple(map(int, torch.__version__.split(".")[:2])) < _LEAST_TORCH:
        return f"torch {torch.__version__} is known to run code of checkpoints; install a newer one"
    import safetensors.numpy

    sys.path.insert(0, str(Path(__file__).parent))
    from _confine import (  # type: ignore[import-not-found]  # noqa: PLC2701 - a neighbour
        confine,
        limit,
    )

    limit(settings["memory_bytes"], settings["cpu_s"])
    tempfile.tempdir = str(Path(settings["draft"]).parent)
    confine(Path(settings["draft"]).parent, None, lambda _: None)
    found = torch.load(settings["source"], map_location="cpu", weights_only=True)
    tensors = _plain(found, torch)
    if sum(each.nbytes for each in tensors.values()) > settings["most_bytes"]:
        return "it unpacks to more than a model may have"
    safetensors.numpy.save_file(tensors, settings["draft"])
    return ""


def _plain(found: Any, torch: Any) -> dict[str, Any]:
    for key in _WRAPPED:
        if isinstance(found, dict) and isinstance(found.get(key), dict):
            found = found[key]
            break
    if not isinstance(found, dict) or not found:
        raise ValueError(f"it is a {type(found).__name__}, not tensors by name")
    tensors = {}
    for name, tensor in found.items():
        if not isinstance(name, str) or not isinstance(tensor, torch.Tensor):
            raise ValueError(f"{name!r:.80} is a {type(tensor).__name__}, not a tensor with a name")
        if tensor.layout != torch.strided or tensor.is_quantized:
            raise ValueError(f"{name!r:.80} is no plain array of numbers")
        exact = tensor.detach()
        exact = exact.to(torch.float32) if tensor.dtype == torch.bfloat16 else exact
        tensors[name] = exact.contiguous().clone().numpy()
    return tensors


if __name__ == "__main__":
    try:
        told = main(json.loads(sys.argv[1]))
    except Exception as error:  # noqa: BLE001 - it is told, and the parent decides
        told = " ".join(f"{type(error).__name__}: {error}".split())[:500]
    sys.stdout.write("\n" + json.dumps({"error": told}) + "\n")
    sys.exit(1 if told else 0)
