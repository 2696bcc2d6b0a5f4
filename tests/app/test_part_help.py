"""Forms know of every setting what it is, what it means and what holds where it is not given."""

from __future__ import annotations

import inspect

import pytest

from saccade.app import parts, parts_for, settings_beside, settings_of, settings_of_run, summary_of
from saccade.app._part_help import help_of, unit_of


@pytest.mark.parametrize("use", sorted(parts()))
def test_every_setting_of_every_part_is_explained(use: str) -> None:
    """By the docstring of its class, so that a form says no less than the reference."""
    settings = settings_of(use)
    assert {each.name for each in settings} == set(inspect.signature(parts()[use]).parameters)
    assert [each.name for each in settings if not each.help] in ([], ["detectors"])
    assert all(each.choices for each in settings if each.kind == "choice")
    assert summary_of(use).endswith(".")


def test_what_a_setting_is_decides_how_it_is_shown() -> None:
    """A number has its unit, a choice its choices, a plan and a detector editors of their own."""
    burst = {each.name: each for each in settings_of("saccade.decide:Burst")}
    assert (burst["do"].kind, burst["do"].required) == ("plan", True)
    assert (burst["above"].kind, burst["above"].default) == ("number", 0.8)
    assert (burst["refractory_s"].unit, burst["triggered"].kind) == ("s", "truth")
    run = {each.name: each for each in settings_of_run()}
    assert run["record.overload"].choices == ("wait", "gap")
    assert run["record.queue_mb"].unit == "MB"
    assert run["deadline_ms"].kind == "number"
    assert {"watch", "detect", "decide", "guard"}.isdisjoint(run)
    assert [each.name for each in settings_beside("guard")] == []
    assert "on" in [each.name for each in settings_beside("decide")]


def test_parts_are_known_by_kind() -> None:
    """Each is of one, and none is left out."""
    of = [set(parts_for(kind)) for kind in ("detect", "decide", "guard")]
    assert set.union(*of) == set(parts())
    assert sum(map(len, of)) == len(parts())


def test_help_is_read_from_a_docstring() -> None:
    """Names that share a line share what is said; other sections are left out."""
    told = help_of(
        "First line.\n\nParameters\n----------\nabove, below : float\n    Thresholds, the\n"
        "    first ``higher``.\nlabel\n    A name.\n\nRaises\n------\nValueError\n    Never.\n"
    )
    assert told == {
        "above": "Thresholds, the first higher.",
        "below": "Thresholds, the first higher.",
        "label": "A name.",
    }


@pytest.mark.parametrize(
    ("name", "unit"),
    [("sigma_um", "µm"), ("limit_j_per_cm2", "J/cm²"), ("queue_mb", "MB"),
     ("actions_per_min", "/min"), ("s", ""), ("above", ""), ("takes_ms", "ms")],
)  # fmt: skip
def test_units_are_those_of_the_names(name: str, unit: str) -> None:
    """As the house writes them."""
    assert unit_of(name) == unit
