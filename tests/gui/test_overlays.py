"""What is drawn over a picture: outlines, tails, light; each only while it is switched on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qtpy.QtWidgets import QMenu
from useq import MDAEvent, SLMImage

from saccade import app
from saccade.core import Explained, Identity, Modulator, Observation, Past, Point
from saccade.detect import Spots, Tracker
from saccade.gui._kept import Kept
from saccade.gui._layout import Layout, read_layout
from saccade.gui._live import LiveView
from saccade.gui._look_back import LookBack
from saccade.gui._outlines import MOST_PX, mask_outlines, stimulated
from saccade.gui._overlay_menu import add_overlay_menu
from saccade.gui._overlays import MOST, OVERLAYS
from saccade.gui._past import Taken, indices_before
from saccade.gui._recall import Recall
from saccade.gui._tails import Tails
from saccade.models import SETTINGS
from saccade.testing import frame_of

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from saccade.core import Frame

PATIENCE_MS = 60_000
BLANK = np.zeros((64, 64), np.uint16)


def seen(*points: Point, frame: int = 0, **more: Any) -> Observation:
    return Observation(0.5, points=points, detector=Identity("d", "1"), frame=frame, **more)


def point(frame: Frame, y_px: float, x_px: float, track: int | None = None) -> Point:
    return Point(y_px, x_px, 1.0, *frame.to_um(y_px, x_px), track)


@pytest.fixture
def live(qtbot: QtBot) -> LiveView:
    """Give a picture with nothing in it yet."""
    made = LiveView()
    qtbot.addWidget(made)
    made.show()
    return made


def drawn_tails(live: LiveView) -> list[tuple[float, float]]:
    every = [item.getData() for item in live.overlays._lines if item.isVisible()]
    return [
        (float(x), float(y))
        for xs, ys in every
        if xs is not None
        for x, y in zip(xs, ys, strict=True)
    ]


@given(
    st.floats(0, 63), st.floats(0, 63), st.floats(0.05, 10), st.floats(-500, 500),
    st.sampled_from([(1.0, 0.0, 0.0, 1.0), (0.0, -1.0, 1.0, 0.0), (-0.8, 0.6, 0.6, 0.8)]),
)  # fmt: skip
def test_a_place_on_the_stage_is_drawn_where_it_was_seen(
    y_px: float, x_px: float, size_um: float, at_um: float, affine: tuple[float, ...]
) -> None:
    """However the camera is turned, and wherever the stage is."""
    frame = frame_of(BLANK, pixel_size_um=size_um, x_um=at_um, y_um=-at_um, affine=affine)
    found = Tails().lines(frame, [seen(point(frame, y_px, x_px, 3))])
    assert found.x_px == pytest.approx([x_px + 0.5], abs=1e-6)
    assert found.y_px == pytest.approx([y_px + 0.5], abs=1e-6)


def test_a_tail_is_one_line_across_gaps_and_moves_of_the_stage() -> None:
    """Who was not found in between goes on; the stage carries the whole tail along."""
    frames = [frame_of(BLANK, index=n, x_um=x_um) for n, x_um in ((0, 0.0), (1, 0.0), (5, 10.0))]
    first = seen(point(frames[0], 20, 30, 7), point(frames[0], 5, 5, 2), frame=0)
    second = seen(point(frames[1], 6, 6, 2), frame=1)
    last = seen(point(frames[2], 20, 24, 7), frame=5)
    found = Tails().lines(frames[2], [last, second, first])
    assert found.track.tolist() == [2, 2, 7, 7]
    assert found.x_px.tolist() == [-4.5, -3.5, 20.5, 24.5]


def test_outlines_go_around_each_thing_in_the_colour_of_its_identity() -> None:
    """The inside is empty, touching things have both their edges, tracks go before numbers."""
    labels = np.zeros((20, 20), np.int32)
    labels[2:10, 2:10], labels[2:10, 10:18] = 1, 2
    told = mask_outlines(labels)
    assert told[5, 5] == told[15, 5] == told[0, 0] == 0
    assert told[2, 5] == told[5, 2] == told[5, 9] != 0
    assert told[5, 10] not in (0, told[5, 9])
    at = frame_of(BLANK)
    followed = mask_outlines(labels, (point(at, 5, 5, 40), point(at, 5, 13, None)))
    assert followed[5, 2] != told[5, 2]
    assert followed[5, 10] == told[5, 10]
    again = mask_outlines(
        np.where(labels == 1, 9, 0), [point(at, 0, 0)] * 8 + [point(at, 5, 5, 40)]
    )
    assert again[5, 2] == followed[5, 2]


def test_outlines_of_large_masks_are_thinned_out() -> None:
    """To what a screen shows, so that they stay cheap."""
    labels = np.zeros((2048, 2048), np.int32)
    labels[600:1400, 600:1400] = 1
    told = mask_outlines(labels)
    assert max(told.shape) <= MOST_PX
    assert told[300, 500] != 0
    assert told[500, 500] == 0


def test_what_a_mask_lit_is_drawn_where_the_sensor_saw_it() -> None:
    """By the calibration, for a region of the sensor too; uncalibrated, nothing is claimed."""
    mask = np.zeros((32, 32), np.uint8)
    mask[8:12, 4:8] = 255
    event = MDAEvent(slm_image=SLMImage(data=mask, device="dmd"))
    frame = frame_of(BLANK[:40, :40], event=event, roi=(0, 10, 40, 40), sensor_px=(64, 64))
    # Twice as fine on the sensor, with pixels that begin at the same corner.
    twice = ((2.0, 0.0, 0.5), (0.0, 2.0, 0.5))
    modulator = Modulator("dmd", (32, 32), to_sensor=twice, sensor_px=(64, 64))
    told = stimulated(frame, modulator)
    assert told is not None
    expected = np.zeros((40, 40), np.uint8)
    expected[6:14, 8:16] = 1
    np.testing.assert_array_equal(told, expected)
    assert stimulated(frame, None) is None
    assert stimulated(frame, Modulator("dmd", (32, 32))) is None
    assert stimulated(frame_of(BLANK), modulator) is None
    for level in (0, 255):
        everywhere = SLMImage(data=np.full((32, 32), level, np.uint8), device="dmd")
        event = MDAEvent(slm_image=everywhere)
        assert stimulated(frame_of(BLANK, event=event, sensor_px=(64, 64)), modulator) is None


def full(frame: Frame) -> Observation:
    labels = np.zeros(frame.pixels.shape, np.int32)
    labels[10:20, 10:20] = 1
    at = point(frame, 15, 15, 1)
    return seen(at, frame=frame.index, labels=labels, boxes=((10, 10, 20, 20),))


SHOWN = {
    "points": lambda live: live.overlays._points.isVisible(),
    "boxes": lambda live: live.overlays._boxes.isVisible(),
    "masks": lambda live: live.overlays._masks.isVisible(),
    "tracks": lambda live: len(drawn_tails(live)) > 0,
    "stimulation": lambda live: live.overlays._lit.isVisible(),
}


@pytest.mark.parametrize("name", SHOWN)
def test_each_kind_goes_and_comes_by_its_switch(live: LiveView, name: str) -> None:
    """And takes no other with it; the picture needs not change for it."""
    live.overlays.modulator = Modulator(
        "dmd", (64, 64), to_sensor=((1, 0, 0), (0, 1, 0)), sensor_px=(64, 64)
    )
    lit = SLMImage(data=np.eye(64, dtype=np.uint8), device="dmd")
    frame = frame_of(BLANK, event=MDAEvent(slm_image=lit))
    live.show_frame(frame, [full(frame)])
    assert {each: is_shown(live) for each, is_shown in SHOWN.items()} == dict.fromkeys(SHOWN, True)
    live.overlays.switch({name: False})
    assert [each for each, is_shown in SHOWN.items() if not is_shown(live)] == [name]
    live.overlays.switch({name: True})
    assert SHOWN[name](live)


def test_what_is_off_is_not_asked_for(live: LiveView) -> None:
    """Earlier looks are gone through for tails only."""
    asked = []
    live.overlays.looks_before = lambda look: asked.append(look) or ()
    live.overlays.switch({"tracks": False})
    first, second = frame_of(BLANK), frame_of(BLANK, index=1)
    live.show_frame(first, [full(first)])
    assert not asked
    live.overlays.switch({"tracks": True})
    live.show_frame(second, [full(second)])
    assert [each.frame for each in asked] == [0, 1]


def test_thousands_of_points_are_bounded_and_it_says_so(live: LiveView) -> None:
    """All are kept, and as many drawn as there is use for."""
    frame = frame_of(BLANK)
    points = [point(frame, n % 64, n // 64 % 64, n) for n in range(3 * MOST)]
    live.show_frame(frame, [seen(*points)])
    assert len(live.overlays._points.getData()[0]) == MOST
    assert f"{MOST} of {3 * MOST} points are drawn" in live._caption.text()


def test_commands_show_how_it_is_whoever_switched_it(live: LiveView) -> None:
    """Ticks follow the overlays, and the other way round."""
    menu = add_overlay_menu(QMenu(live), live.overlays)
    commands = dict(zip((each.name for each in OVERLAYS), menu.actions(), strict=True))
    commands["masks"].trigger()
    assert not live.overlays.states["masks"]
    live.overlays.switch({"masks": True, "points": False, "nonsense": True})
    ticks = {name: each.isChecked() for name, each in commands.items()}
    assert ticks == live.overlays.states
    assert not ticks["points"]


def test_a_tail_is_drawn_of_the_looks_that_are_kept(live: LiveView) -> None:
    """Those of the same detector, place and channel, before this frame."""
    kept = Kept()
    live.overlays.looks_before = kept.looks_before
    tracker = Tracker(Spots(sigma=2))
    for index, x in enumerate((20, 24, 28)):
        pixels = BLANK.copy()
        pixels[30:35, x : x + 5] = 1000
        frame = frame_of(pixels, index=index)
        look = tracker(frame)
        other = Observation(0.0, look.points, detector=look.detector, frame=index, position=1)
        told = Observation(look.score, look.points, detector=look.detector, frame=index)
        same_name = replace(told, points=tuple(replace(p, track=99) for p in look.points))
        kept.add(frame, [other, told, same_name])
        live.show_frame(frame, [told])
    assert len(drawn_tails(live)) == 3
    frame, looks = next(iter(kept))
    live.show_frame(frame, looks[1:2])
    assert len(drawn_tails(live)) == 1


def test_what_is_kept_is_bounded_with_its_masks() -> None:
    """64 MB of pictures and masks, and the looks of those who are followed up to a number."""
    kept = Kept()
    pixels, labels = np.zeros((1024, 1024), np.uint16), np.zeros((1024, 1024), np.int32)
    for index in range(30):
        frame = frame_of(pixels, index=index)
        many = [point(frame, 1, 1, n) for n in range(1500)]
        kept.add(frame, [seen(*many, frame=index, labels=labels)])
    held = list(kept)
    assert len(held) == 64 // 6
    assert held[-1][0].index == 29
    assert len(list(kept.looks_before(seen(frame=99)))) == 20_000 // 1500
    assert all(each.labels is None for each in kept.looks_before(seen(frame=99)))


def test_what_was_seen_before_its_frame_came_is_matched_all_the_same() -> None:
    """The window gets frames and looks by different ways; older ones are let go."""
    kept = Kept()
    kept.add(frame_of(BLANK, index=1), [seen(frame=2), seen(frame=0)])
    kept.add(frame_of(BLANK, index=2), [])
    assert [[each.frame for each in looks] for _, looks in kept] == [[], [2]]


def record(protocol: Path, tmp_path: Path) -> Path:
    """Run a protocol, and return its folder."""
    given = app.load_protocol(protocol)
    scope = app.open_scope(given.scope, given.folder, given.sim)
    app.assemble(given, scope, out=tmp_path / "run").run.start().wait(60)
    return tmp_path / "run"


@pytest.fixture
def recorded(tmp_path: Path, protocol: Path) -> Path:
    """Give the folder of a run whose detector sees changes."""
    text = protocol.read_text(encoding="utf-8")
    changes = "change: {use: saccade.detect:Change, sigma_um: 2, alpha: 0.5, threshold: 3}"
    text = text.replace("spots: {use: saccade.detect:Spots, sigma_um: 4}", changes)
    protocol.write_text(text.replace("on: spots", "on: change"), encoding="utf-8")
    return record(protocol, tmp_path)


def test_attribution_is_looked_up_again_when_somebody_wants_it(
    qtbot: QtBot, recorded: Path
) -> None:
    """Of the frame that is shown, with its score of then; another frame has its own."""
    window = LookBack(Recall(recorded))
    qtbot.addWidget(window)
    window.show()
    overlays = window.live.overlays
    number = 8  # of the plan, with all frames before it within what the detector remembers
    window.show_number(number)
    assert not overlays.wants_again
    overlays.switch({"attribution": True})
    qtbot.waitUntil(overlays._heat.isVisible, timeout=PATIENCE_MS)
    index = window.recall.frames[number]
    assert window.live._caption.text().startswith("attribution: Change   frame")
    [then] = window.recall.observations[index]
    assert overlays._again[0].seen.score == pytest.approx(then.score)
    window.step(-1)
    assert not overlays._heat.isVisible()
    qtbot.waitUntil(overlays._heat.isVisible, timeout=PATIENCE_MS)
    overlays.switch({"attribution": False})
    assert not overlays._heat.isVisible()
    window.close()


def test_a_window_that_looks_back_keeps_what_a_person_switches(
    qtbot: QtBot, recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the layout of all windows; what a program switches is not kept."""
    monkeypatch.setenv(SETTINGS, str(tmp_path / "settings"))
    window = LookBack(Recall(recorded))
    qtbot.addWidget(window)
    window.live.overlays.switch({"points": False})
    assert read_layout() == (Layout(), "")
    [view] = window.menuBar().actions()
    boxes = view.menu().actions()[0].menu().actions()[1]
    boxes.trigger()
    assert read_layout()[0].overlays == window.live.overlays.states
    again = LookBack(Recall(recorded))
    qtbot.addWidget(again)
    assert not again.live.overlays.states["boxes"]
    window.close()
    again.close()


def test_heat_stays_over_later_frames_of_the_same_place_while_it_is_live(live: LiveView) -> None:
    """It says of which frame it is; over another place, or looking back, it goes."""
    live.overlays.switch({"attribution": True})
    live.show_frame(frame_of(BLANK, index=9))
    assert not live.overlays.wants_again  # nobody has looked at it a first time
    look = Explained(seen(), np.eye(8, dtype=np.float32))
    frames = [frame_of(BLANK, index=n, x_um=x_um) for n, x_um in enumerate((0, 0, 9))]
    for lags in (True, False):
        live.overlays.may_lag = lags
        live.show_frame(frames[0])
        live.show_again(frames[0], [look])
        assert live.overlays._heat.isVisible()
        live.show_frame(frames[1])
        assert live.overlays._heat.isVisible() is lags
        assert ("frame 0" in live._caption.text().partition("attribution")[2]) is lags
    live.overlays.may_lag = True
    live.show_again(frames[1], [look])
    live.show_frame(frames[2])
    assert not live.overlays._heat.isVisible()


def test_masks_that_no_journal_holds_are_found_again(
    qtbot: QtBot, tmp_path: Path, protocol: Path
) -> None:
    """By a second look, where the detector gives any; its colours are those of the tracks."""
    text = protocol.read_text(encoding="utf-8")
    cells = "spots: {use: saccade.detect:Tracker, detector: {use: saccade.detect:Objects}}"
    protocol.write_text(
        text.replace("spots: {use: saccade.detect:Spots, sigma_um: 4}", cells), encoding="utf-8"
    )
    window = LookBack(Recall(record(protocol, tmp_path)))
    qtbot.addWidget(window)
    window.show()
    overlays = window.live.overlays
    assert all(each.labels is None for each in window.live.seen)
    qtbot.waitUntil(overlays._masks.isVisible, timeout=PATIENCE_MS)
    [seen] = window.live.seen
    drawn = set(np.unique(overlays._masks.image).tolist())
    assert drawn == {0, *(point.track % 64 + 1 for point in seen.points)}
    assert not overlays._heat.isVisible()
    window.close()


@pytest.mark.parametrize(
    ("labelled", "on", "wants"),
    [(False, True, True), (True, True, False), (False, False, False)],
)
def test_masks_are_looked_for_where_nobody_has_them(
    live: LiveView, labelled: bool, on: bool, wants: bool
) -> None:
    """And only while they are to be drawn."""
    frame = frame_of(BLANK)
    told = full(frame)
    live.show_frame(frame, [told if labelled else replace(told, labels=None)])
    live.overlays.switch({"masks": on})
    assert not live.overlays.wants_again  # a run of its own has them at once, or never
    live.overlays.looks_for_masks = True
    assert live.overlays.wants_again is wants


def test_the_past_of_a_frame_is_that_of_its_place() -> None:
    """The first of the stream and channel, the last of the same place, in order."""
    others = [Taken(n, "watch", "FITC", n % 2, 0) for n in range(20)]
    others += [Taken(20, "burst", "FITC", 0, 0), Taken(21, "watch", "Cy5", 0, 0)]
    this = Taken(30, "watch", "FITC", 0, 0)
    assert indices_before(this, others, Past(first=3)) == [0, 1, 2]
    assert indices_before(this, others, Past(last=2)) == [16, 18]
    assert indices_before(this, others, Past(first=1, last=50)) == list(range(0, 20, 2))
    assert indices_before(this._replace(number=4), others, Past(last=50)) == [0, 2]
    assert indices_before(this, others, Past()) == []
    assert indices_before(this, others, Past(here=2)) == [18, 20]
    late = [each._replace(t_ns=each.number * 10**9) for each in others]
    now = this._replace(t_ns=30 * 10**9)
    assert indices_before(now, late, Past(here_s=14.0)) == [16, 18, 20]
    assert indices_before(now, late, Past(here=1, here_s=2.0)) == [20]
    assert indices_before(this._replace(camera="left"), others, Past(last=50)) == []


def test_tails_are_bounded() -> None:
    """With very many that are followed they go less far back, and the newest places stay."""
    frame = frame_of(BLANK, index=9)
    looks = [
        seen(*(point(frame, 1, n % 60, n) for n in range(3000)), frame=9 - age) for age in range(5)
    ]
    found = Tails().lines(frame, looks)
    assert len(found.track) == 8000
    assert set(range(3000)) == set(found.track.tolist())
