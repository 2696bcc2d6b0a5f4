"""A package of bioimage.io becomes a model: checked, tried on its own test, then written."""

from __future__ import annotations

import re
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np
import safetensors.numpy

from saccade.core import ModelError, did_you_mean, fit, is_number, require

from ._card import Architecture, Card
from ._child import told_by
from ._described import SACCADE, described, input_of, outputs_of, pixel_size_um, program_of
from ._example import EXAMPLE
from ._folder import check_new, read_model, save_model
from ._foreign import PROGRAM, check_program
from ._package import open_package
from ._program import Trial
from ._selftest import INPUT, PAIR, TRIAL
from ._selftest import PROGRAM as PROGRAM_FILE
from ._unmeasured import unmeasured

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ._described import Taken, Told
    from ._folder import Model
    from ._package import Package
    from ._weights import Tensor

Reads: TypeAlias = Literal["shares", "peaks", "labels"]
READS: tuple[Reads, ...] = get_args(Reads)

_SHARE_SLACK = 0.01
_LIMITS = (
    "Imported from a package of bioimage.io: whatever figures there are, it tells them itself.",
    "Tried here on the test of its package alone.",
)


def import_package(
    source: Path | str,
    out: Path | str,
    *,
    output: str | None = None,
    reads: Reads | None = None,
    timeout_s: float = 120.0,
    memory_mb: float = 4096.0,
) -> Model:
    """Write the model of a package of bioimage.io (format 0.5), and return it.

    Nothing is fetched, and nothing of the package is run but its program of ONNX, by ONNX Runtime:
    for the first time in a process of its own with limits of time and (on Linux) memory, where
    it must answer the package's test as the package says.

    Parameters
    ----------
    source : Path or str
        A zip, or the folder of one that was unpacked.
    out : Path or str
        A folder that does not exist yet.
    output : str, optional
        Which of its outputs counts; by default the first.
    reads : {'shares', 'peaks', 'labels'}, optional
        What its numbers are: how sure it is that a pixel belongs to a thing, maps whose summits are
        things, or numbers of things; by default labels if they are whole numbers, else shares.
    timeout_s : float
        Longest time that the test may take.
    memory_mb : float
        Most memory, in MiB, that the test may take.

    Raises
    ------
    ModelError
        If it can't be used, or does not say of its test what it should; nothing is written then.
    """
    out = Path(out)
    for name, value in (("timeout_s", timeout_s), ("memory_mb", memory_mb)):
        ok = is_number(value) and value > 0
        require(ok, f"import_package.{name}", value, "a number above 0", "Leave it out.")
    ok = reads is None or reads in READS
    require(ok, "import_package.reads", reads, f"one of {', '.join(READS)}", "Leave it out.")
    check_new(out)
    package = open_package(source)
    program = program_of(package)
    check_program(program, package.path)
    taken = input_of(package)
    told = outputs_of(package, taken)
    own = None if output or reads else _own_card(package)
    chosen = told if own is not None else [_chosen(package, told, output)]
    card = own or _card(package, out, taken, chosen[0], reads)
    with _beside(out) as scratch:
        folder = Path(scratch)
        _write_trial(folder, program, taken, chosen)
        said = _tried(package, folder, timeout_s, memory_mb)
        _check_heads(package, card, said)
        if own is None:
            card["architecture"]["program"]["ns_a_px"] = float(said["ns_a_px"])
        made = save_model(folder / "model", card, {PROGRAM: np.frombuffer(program, np.uint8)})
        try:
            if (folder / EXAMPLE).is_file():
                (folder / EXAMPLE).rename(made.path / EXAMPLE)
            made.path.rename(out)
        except OSError as error:
            why = error.strerror or str(error)
            raise ModelError(f"{out} can't be written: {why}.", "Name a new folder.") from None
    return read_model(out)


def _beside(out: Path) -> tempfile.TemporaryDirectory[str]:
    """Return a folder from which a model becomes the one that is wanted by its name alone."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryDirectory(prefix=".saccade-import-", dir=out.parent)
    except OSError as error:
        why = error.strerror or str(error)
        raise ModelError(f"{out} can't be written: {why}.", "Check the path.") from None


def _own_card(package: Package) -> dict[str, Any] | None:
    """Return the card of a model of Saccade's own, as its package keeps it, but for the sha256."""
    config = package.told.get("config")
    kept = config.get(SACCADE) if isinstance(config, dict) else None
    if not isinstance(kept, dict) or not isinstance(kept.get("card"), dict):
        return None
    source = f"{package.path}, config.{SACCADE}.card"
    card = fit(Card, {**kept["card"], "sha256": "0" * 64}, source=source, raises=ModelError)
    if card.architecture.id != "patch4":
        raise package.unusable(f"its card is of a {card.architecture.id}, no network")
    told: dict[str, Any] = card.model_dump(mode="json")
    told["limits"] = [*told["limits"], _LIMITS[0]]
    return told


def _check_heads(package: Package, card: Mapping[str, Any], said: Mapping[str, Any]) -> None:
    made = card["architecture"]
    if made["id"] != "patch4":
        return
    wanted = {"heat", "offset"} | ({"inside", "vote"} if made["masks"] else set())
    wanted |= {"members"} if made["members"] > 1 else set()
    if missing := sorted(wanted - set(said["names"])):
        raise package.unusable(f"its program has no {missing[0]!r}, of which its card tells")


def _chosen(package: Package, told: Sequence[Told], output: str | None) -> Told:
    """Return the output that counts."""
    if output is None:
        return told[0]
    for each in told:
        if each.id == output:
            return each
    names = [each.id for each in told]
    raise ModelError(f"{package.path} has no output {output!r}.", did_you_mean(output, names))


def _reads(package: Package, told: Told) -> Reads:
    """Return what the numbers of an output are, as its test shows them."""
    low, high = (float(bound(told.tensor)) for bound in (np.min, np.max))
    if told.tensor.dtype.kind in "iu" and high > 1:
        return "labels"
    if low < -_SHARE_SLACK or high > 1 + _SHARE_SLACK:
        raise package.unusable(
            f"its output {told.id!r} reaches from {low:.3g} to {high:.3g}: these are neither "
            "shares nor whole numbers; choose another with --output"
        )
    return "shares"


def _card(
    package: Package, out: Path, taken: Taken, told: Told, reads: Reads | None
) -> dict[str, Any]:
    """Return the card of a model of which nothing is known but what its package says."""
    read = reads or _reads(package, told)
    program = described(package, taken, told, read)
    channels = told.tensor.shape[told.answer.axes.index("c")] if "c" in told.answer.axes else 1
    classes = told.channels or (told.id,)
    if len(set(classes)) != channels or len(classes) != channels:
        raise package.unusable(f"its {channels} channels are named {', '.join(classes)[:200]}")
    document = {"id": "program", "classes": classes, "program": program.model_dump(mode="json")}
    made = fit(Architecture, document, source=package.path, raises=ModelError)
    card = unmeasured(made)
    card["name"] = re.sub(r"[^a-z0-9]+", "-", out.name.lower()).strip("-")[:40] or "imported"
    card["version"] = str(package.told.get("version") or "1")[:40]
    card["about"] = _text(package, "description") or _text(package, "name") or "Not told."
    card["architecture"] = made.model_dump(mode="json")
    card["input"] = {"pixel_size_um": pixel_size_um(taken)}
    card["training"] |= {
        "command": f"saccade import-model {package.path.name} {out.name}",
        "data": _cited(package),
        "licence": _text(package, "license") or "not stated",
        "split": "not stated",
        "saccade": version("saccade"),
    }
    card["limits"] = _LIMITS
    return card


def _text(package: Package, key: str) -> str:
    told = package.told.get(key)
    return " ".join(told.split())[:1000] if isinstance(told, str) else ""


def _cited(package: Package) -> tuple[str, ...]:
    cited = package.told.get("cite")
    every = [each.get("text") for each in _mappings(cited)]
    found = tuple(" ".join(text.split())[:1000] for text in every if isinstance(text, str))
    return found[:8] or ("not stated",)


def _mappings(told: Any) -> list[dict[str, Any]]:
    return [each for each in told if isinstance(each, dict)] if isinstance(told, list) else []


def _write_trial(folder: Path, program: bytes, taken: Taken, told: Sequence[Told]) -> None:
    tested = [
        {
            "answer": each.answer.model_dump(mode="json"),
            "relative": each.relative,
            "absolute": each.absolute,
            "per_million": each.per_million,
        }
        for each in told
    ]
    document = {"axes": taken.letters, "steps": taken.steps, "tested": tested}
    trial = fit(Trial, document, source="the package", raises=ModelError)
    answers = {str(number): _plain(each.tensor) for number, each in enumerate(told)}
    pair = safetensors.numpy.save({INPUT: _plain(taken.tensor), **answers})
    (folder / TRIAL).write_text(trial.model_dump_json(exclude_none=True), encoding="utf-8")
    (folder / PAIR).write_bytes(pair)
    (folder / PROGRAM_FILE).write_bytes(program)


def _plain(tensor: Tensor) -> Tensor:
    return np.ascontiguousarray(tensor.astype(tensor.dtype.newbyteorder("=")))


def _tried(package: Package, folder: Path, timeout_s: float, memory_mb: float) -> dict[str, Any]:
    """Return what the process that tries a program tells; raise what speaks against it."""
    settings = {
        "home": str(Path(__file__).parents[2]),
        "folder": str(folder.resolve()),
        "memory_bytes": int(memory_mb * 2**20),
        "cpu_s": int(8 * timeout_s) + 1,  # of several threads
    }
    try:
        said = told_by("_selftest.py", settings, folder, timeout_s)
    except TimeoutError:
        raise package.unusable(f"its test took longer than {timeout_s:g} s") from None
    if said["error"]:
        raise package.unusable(f"its test failed: {said['error']}")
    return said
