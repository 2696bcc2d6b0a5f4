"""A protocol of each published family, beside fixed acquisition in the same worlds."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from saccade.core import ProtocolError, did_you_mean, is_number, read_yaml, require

from ._cookbook_measures import captured, focused, followed, overviewed, responded, switched
from ._protocol import protocol_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ._cookbook_measures import Pair
    from ._protocol import Protocol


class Recipe(NamedTuple):
    """One family of adaptive protocols, and how it is measured."""

    family: str
    protocol: str
    """File under ``hardware_configs/protocols``, without its ending."""
    measure: Callable[[Protocol, int], Pair]
    what: str
    """That is measured; more is better."""
    unit: str
    fixed: str
    """What fixed acquisition is here."""
    hours: float
    """Of a run, in full."""


COOKBOOK = (
    Recipe("event-driven", "catch-divisions", captured,
           "division time imaged every 5 s", "s", "every 6 s with the same light", 4.0),
    Recipe("wide field to detail", "light-what-divides", captured,
           "division time imaged every 5 s", "s", "every 6 s with the same light", 4.0),
    Recipe("feedback optogenetics", "hold-response", responded,
           "looks at cells within 10 % of the set point", "%",
           "the mean of that light for every cell", 1.0),
    Recipe("follow a cell", "follow-cells", followed,
           "pictures with the cell within 10 µm of the middle", "%", "the stage stays", 6.0),
    Recipe("overview to detail", "overview-to-detail", overviewed,
           "rare cells imaged in detail", "cells", "a raster at detail", 0.25),
    Recipe("condition switch", "switch-at-division", switched,
           "division time under the condition", "%", "as long, at a fixed time", 4.0),
    Recipe("autofocus by images", "hold-focus", focused,
           "pictures within half a depth of field", "%", "the focus drive stays", 12.0),
)  # fmt: skip


@dataclass(frozen=True)
class Tasted:
    """What a recipe came to, over some worlds."""

    recipe: Recipe
    worlds: int
    hours: float
    adaptive: float
    fixed: float

    def plain(self) -> dict[str, Any]:
        """Return it as plain data."""
        names = ("family", "protocol", "what", "unit")
        told = {name: getattr(self.recipe, name) for name in names}
        figures = {"adaptive": self.adaptive, "fixed": self.fixed}
        return {**told, "against": self.recipe.fixed, "hours": self.hours, **figures}


def cookbook(
    *,
    share: float = 1.0,
    worlds: int = 2,
    seed: int = 1000,
    only: Sequence[str] = (),
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[Tasted, ...]:
    """Return what each recipe of the cookbook comes to beside fixed acquisition.

    Parameters
    ----------
    share : float
        Of the time that a run takes in full, above 0 and at most 1.
    worlds : int
        In how many worlds each is played.
    seed : int
        Of the first.
    only : sequence of str
        Names of protocols; by default all.
    progress : callable
        Told what is played.

    Raises
    ------
    ProtocolError
        If something is asked for that there isn't.
    """
    ok = is_number(share) and 0 < share <= 1
    require(ok, "--share", share, "above 0, at most 1", "Such as 0.25.")
    ok = isinstance(worlds, int) and worlds >= 1
    require(ok, "--worlds", worlds, "a whole number, 1 or more", "Correct it.")
    known = [each.protocol for each in COOKBOOK]
    for name in only:
        if name not in known:
            raise ProtocolError(f"The cookbook has no {name!r}.", did_you_mean(name, known))
    found = []
    for recipe in COOKBOOK:
        if only and recipe.protocol not in only:
            continue
        pairs = []
        for number in range(seed, seed + worlds):
            progress(f"{recipe.protocol}, world {number} ...")
            pairs.append(recipe.measure(recipe_protocol(recipe, share), number))
        adaptive, fixed = (sum(each) / len(pairs) for each in zip(*pairs, strict=True))
        found.append(Tasted(recipe, worlds, recipe.hours * share, adaptive, fixed))
    return tuple(found)


def recipe_protocol(recipe: Recipe, share: float = 1.0) -> Protocol:
    """Return the protocol of a recipe, for a share of its time.

    Parameters
    ----------
    recipe : Recipe
        One of the cookbook.
    share : float
        Above 0.

    Raises
    ------
    ProtocolError
        If the installation lacks its file.
    """
    document = copy.deepcopy(read_yaml(recipe_file(recipe), ProtocolError, "protocol"))
    plan = document["watch"]["time_plan"]
    plan["loops"] = max(3, round(recipe.hours * share * 3600 / plan["interval"]))
    return protocol_of(document)


def recipe_file(recipe: Recipe) -> Path:
    """Return the protocol file of a recipe.

    Parameters
    ----------
    recipe : Recipe
        One of the cookbook.

    Raises
    ------
    ProtocolError
        If the installation lacks it.
    """
    name = f"{recipe.protocol}.yaml"
    here = Path(__file__).parent
    for place in (here.parents[2] / "hardware_configs" / "protocols", here / "protocols"):
        if (place / name).is_file():
            return place / name
    raise ProtocolError(f"{name} is not in this installation.", "Install Saccade again.")
