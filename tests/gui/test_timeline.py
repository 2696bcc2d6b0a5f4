"""The timeline: scores, how far they are trusted, and what came of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from saccade.core import Identity, Observation
from saccade.gui import _rungs
from saccade.gui._colours import MARKS, use_ground
from saccade.gui._entries import Entry
from saccade.gui._timeline import Timeline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot


@pytest.fixture
def timeline(qtbot: QtBot) -> Iterator[Timeline]:
    """Give an empty one."""
    made = Timeline()
    qtbot.addWidget(made)
    yield made
    use_ground("light")


def seen(frame: int, score: float = 0.5, verdict: str = "trusted") -> Observation:
    detector = Identity("spots", "1")
    return Observation(score, detector=detector, frame=frame, verdict=verdict)  # type: ignore[arg-type]


def fell(frame: int, rung: str = "guarded") -> Entry:
    return Entry("shift", frame, f"{rung}, was full", "why", rung=rung)


def drawn(timeline: Timeline, kind: str) -> list[tuple[float, float]]:
    return [(point.pos().x(), point.pos().y()) for point in timeline._items[kind].points()]


def test_scores_that_are_not_trusted_are_marked(timeline: Timeline) -> None:
    """Each where it is, by its verdict; what is trusted has no sign, and no line in the legend."""
    timeline.add([seen(1)], ())
    timeline.draw()
    assert not {"doubtful", "invalid"} & timeline._items.keys()
    timeline.add([seen(2, 0.4, "doubtful"), seen(3, 0.9, "invalid"), seen(4)], ())
    timeline.draw()
    assert drawn(timeline, "doubtful") == [(2, 0.4)]
    assert drawn(timeline, "invalid") == [(3, 0.9)]
    timeline.clear()
    assert drawn(timeline, "doubtful") == []


def test_the_ladder_is_drawn_where_it_changed(timeline: Timeline) -> None:
    """A line with the name of the rung; a fall of which no frame is known has its row alone."""
    timeline.add((), [fell(5), Entry("decision", 6, "burst", "why"), fell(9, "full"), fell(-1)])
    assert timeline._rungs.told == [(5, "guarded"), (9, "full")]
    timeline.clear()
    assert timeline._rungs.told == []


def test_a_ladder_that_goes_up_and_down_all_night_is_bounded(timeline: Timeline) -> None:
    """The last changes are drawn; the others are in the table and the run folder."""
    timeline.add((), [fell(frame) for frame in range(100)])
    assert [frame for frame, _ in timeline._rungs.told] == list(range(100 - _rungs._MOST, 100))


def test_marks_take_the_colours_of_the_theme(timeline: Timeline) -> None:
    """Those that were drawn before it changed as well."""
    timeline.add([seen(2, 0.4, "doubtful")], [fell(5)])
    timeline.draw()
    for theme in ("dark", "light"):
        use_ground(theme)
        timeline.recolour()
        (line,) = timeline._rungs._lines
        assert line.pen.color().name().upper() == MARKS["shift"].colour
        pen = timeline._items["doubtful"].opts["pen"]
        assert pen.color().name().upper() == MARKS["doubtful"].colour


def test_the_plot_is_not_drawn_for_every_picture(timeline: Timeline) -> None:
    """Drawing takes Python from the run: what comes soon after is drawn later, all at once."""

    def drawn() -> list[int]:
        return [int(x) for x in timeline._curves["spots"].getData()[0]]

    timeline.add([seen(0)], ())
    timeline.add([seen(1)], ())
    timeline.add([seen(2)], ())
    assert drawn() == [0]
    timeline.draw()
    assert drawn() == [0, 1, 2]
    timeline.add([seen(3)], ())
    timeline._drawn_s -= 1  # as if it were a second ago
    timeline.add((), ())
    assert drawn() == [0, 1, 2, 3]
