"""Models: cards, and weights that are numbers from a file and never code."""

from typing import TYPE_CHECKING, Any

from ._card import (
    Architecture,
    Calibration,
    Card,
    Familiar,
    Figure,
    Input,
    Metrics,
    Training,
    Trees,
)
from ._choice import SETTINGS, choices_file, choose_runtime, chosen_runtime, runtime_for
from ._example import Example, load_example, save_example
from ._folder import Model, check_new, load_model, save_model, shipped_models
from ._foreign import ForeignLooker, is_foreign, laid, open_program
from ._import import import_model
from ._packed import packed, unpacked
from ._program import Program
from ._runtimes import RUNTIMES, Runtime, check_runtime, installed_runtimes, open_session
from ._take_in import READS, Reads, import_package
from ._threads import look_threads, wait_asleep
from ._tiles import Looker
from ._trees import TreeArrays, arrays_of, trees_of
from ._unmeasured import check_card, unmeasured
from ._weights import Weights, load_weights

if TYPE_CHECKING:
    from ._export import FORMATS, Format, export_model
    from ._net import Net, PatchEnsemble, PatchNet, build_net, set_tensors, tensors_of

_TORCH = ("Net", "PatchEnsemble", "PatchNet", "build_net", "set_tensors", "tensors_of")
_EXPORT = ("FORMATS", "Format", "export_model")


def __getattr__(name: str) -> Any:
    if name in _TORCH:  # torch takes a second, which whoever learns nothing need not wait
        wait_asleep()
        from . import _net

        return getattr(_net, name)
    if name in _EXPORT:
        wait_asleep()
        from . import _export

        return getattr(_export, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "FORMATS",
    "READS",
    "RUNTIMES",
    "SETTINGS",
    "Architecture",
    "Calibration",
    "Card",
    "Example",
    "Familiar",
    "Figure",
    "ForeignLooker",
    "Format",
    "Input",
    "Looker",
    "Metrics",
    "Model",
    "Net",
    "PatchEnsemble",
    "PatchNet",
    "Program",
    "Reads",
    "Runtime",
    "Training",
    "TreeArrays",
    "Trees",
    "Weights",
    "arrays_of",
    "build_net",
    "check_card",
    "check_new",
    "check_runtime",
    "choices_file",
    "choose_runtime",
    "chosen_runtime",
    "export_model",
    "import_model",
    "import_package",
    "installed_runtimes",
    "is_foreign",
    "laid",
    "load_example",
    "load_model",
    "load_weights",
    "look_threads",
    "open_program",
    "open_session",
    "packed",
    "runtime_for",
    "save_example",
    "save_model",
    "set_tensors",
    "shipped_models",
    "tensors_of",
    "trees_of",
    "unmeasured",
    "unpacked",
    "wait_asleep",
]
