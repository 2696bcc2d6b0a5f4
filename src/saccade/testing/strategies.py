"""Hypothesis strategies for the values of a run; needs ``hypothesis``.

Examples
--------
>>> from hypothesis import given
>>> from saccade.testing import strategies as some
>>> @given(some.observations())
... def test_my_policy_always_gives_a_reason(seen):
...     assert my_policy(seen).reason
"""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from useq import CustomAction, HardwareAutofocus, MDAEvent

from saccade.core import (
    Action,
    Correction,
    Decision,
    Frame,
    Gap,
    Identity,
    Observation,
    Order,
    Point,
    Refusal,
    Times,
)

_NAMES = st.text("abcXYZ_-0189 µ", min_size=1, max_size=8)
_UM = st.floats(-1e5, 1e5)
_TIMES_NS = st.integers(0, 2**62)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e9, 1e9) | _NAMES,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_NAMES, inner, max_size=2),
    max_leaves=4,
)
_INDICES = st.dictionaries(st.sampled_from("tpgcz"), st.integers(0, 1000))


def scores() -> st.SearchStrategy[float]:
    """Return scores, from 0 to 1, the ends and the usual thresholds often."""
    return st.sampled_from([0.0, 0.3, 0.5, 0.8, 1.0]) | st.floats(0.0, 1.0)


def masks() -> st.SearchStrategy[dict[str, Any]]:
    """Return pictures for a light modulator, as `useq.SLMImage` takes them."""
    shapes = st.tuples(st.integers(1, 4), st.integers(1, 4))
    data = st.builds(
        lambda shape, dtype, seed: _noise(shape, dtype, seed),
        shapes,
        st.sampled_from(["bool", "uint8", "uint16"]),
        st.integers(0, 99),
    )
    exposures = st.none() | st.floats(0.1, 1e4)
    return st.fixed_dictionaries(
        {"data": data, "device": st.none() | _NAMES, "exposure": exposures}
    )


def events(*, pictures_only: bool = False) -> st.SearchStrategy[MDAEvent]:
    """Return events that name anything, or nothing.

    Parameters
    ----------
    pictures_only : bool
        Whether to leave out focusing and custom actions.
    """
    actions: list[st.SearchStrategy[Any]] = [st.just({"type": "acquire_image"})]
    if not pictures_only:
        offsets = st.none() | _UM
        actions.append(st.builds(HardwareAutofocus, autofocus_motor_offset=offsets))
        data = st.dictionaries(_NAMES, _JSON, max_size=2)
        actions.append(st.builds(CustomAction, name=_NAMES, data=data))
    channel = st.fixed_dictionaries({"config": _NAMES, "group": _NAMES})
    properties = st.lists(st.tuples(_NAMES, _NAMES, _NAMES | st.floats(-1e6, 1e6)), max_size=2)
    return st.builds(
        MDAEvent,
        index=_INDICES,
        channel=st.none() | channel,
        exposure=st.none() | st.floats(1e-3, 1e5),
        min_start_time=st.none() | st.floats(0.0, 1e6),
        pos_name=st.none() | _NAMES,
        x_pos=st.none() | _UM,
        y_pos=st.none() | _UM,
        z_pos=st.none() | _UM,
        slm_image=st.none() | masks(),
        properties=st.none() | properties,
        roi=st.none() | st.tuples(*[st.integers(0, 4096)] * 4),
        metadata=st.dictionaries(_NAMES, _JSON, max_size=2),
        action=st.one_of(actions),
        keep_shutter_open=st.booleans(),
        reset_event_timer=st.booleans(),
    )


def frames(side_px: int = 4) -> st.SearchStrategy[Frame]:
    """Return frames of noise, with any label.

    Parameters
    ----------
    side_px : int
        Number of rows and columns at most.
    """
    sides = st.integers(1, side_px)
    pixels = st.builds(_read_only_noise, st.tuples(sides, sides), st.integers(0, 99))
    return st.builds(
        Frame,
        pixels,
        index=st.integers(0, 10**9),
        stream=_NAMES,
        event=events(pictures_only=True),
        exposure_ms=st.floats(1e-3, 1e5),
        t_ns=_TIMES_NS,
        x_um=st.none() | _UM,
        y_um=st.none() | _UM,
        z_um=st.none() | _UM,
        channel=st.none() | _NAMES,
        roi=st.none() | st.tuples(*[st.integers(0, 4096)] * 4),
        sensor_px=st.none() | st.tuples(*[st.integers(1, 4096)] * 2),
        light_mw=st.dictionaries(_NAMES, st.floats(0, 1e3), max_size=2),
        properties=st.dictionaries(_NAMES, _NAMES, max_size=2),
        pixel_size_um=st.floats(1e-3, 1e3),
        affine=st.tuples(*[st.floats(-2, 2)] * 4),
        retries=st.integers(0, 5),
        times=st.builds(Times, *[_TIMES_NS] * 5),
        objective=st.none() | _NAMES,
        offset_um=st.none() | st.tuples(*[_UM] * 3),
        camera=st.just("") | _NAMES,
    )


def observations() -> st.SearchStrategy[Observation]:
    """Return observations with anything but a label image."""
    numbers = [st.floats(-1e6, 1e6)] * 5
    point = st.builds(Point, *numbers, st.none() | st.integers(0, 10**9))
    boxes = st.tuples(*[st.floats(0, 4096)] * 4)
    return st.builds(
        Observation,
        scores(),
        points=st.lists(point, max_size=3).map(tuple),
        boxes=st.lists(boxes, max_size=2).map(tuple),
        measurements=st.dictionaries(_NAMES, st.floats(-1e9, 1e9), max_size=3),
        verdict=st.sampled_from(["trusted", "doubtful", "invalid"]),
        detector=st.builds(Identity, _NAMES, _NAMES, _NAMES),
        elapsed_ms=st.floats(0, 1e4),
        frame=st.integers(-1, 10**9),
        stream=_NAMES,
        position=st.integers(0, 100),
        tile=st.integers(0, 100),
        channel=st.none() | _NAMES,
        t_ns=_TIMES_NS,
        at_um=st.tuples(*[st.none() | _UM] * 3),
    )


def corrections() -> st.SearchStrategy[Correction]:
    """Return corrections of a plan, of all of it or of a part."""
    index = st.none() | st.integers(0, 3)
    return st.builds(
        Correction,
        *[st.none() | _UM] * 3,
        *[st.none() | st.floats(0.1, 10.0)] * 2,
        position=index,
        tile=index,
        channel=st.none() | _NAMES,
    )


def actions(*, pictures_only: bool = False) -> st.SearchStrategy[Action]:
    """Return decided actions; some only change the pace, or correct the plan.

    Parameters
    ----------
    pictures_only : bool
        As in `events`.
    """
    asked = st.lists(events(pictures_only=pictures_only), max_size=3).map(tuple)
    return st.builds(
        Action,
        asked,
        label=_NAMES.filter(lambda name: name != "watch"),
        priority=st.integers(-5, 5),
        expires_ns=st.none() | _TIMES_NS,
        interval_s=st.none() | st.floats(0, 1e4),
        correction=st.none() | corrections(),
        triggered=st.booleans(),
        share=st.booleans(),
        frame=st.integers(-1, 10**9),
        t_ns=_TIMES_NS,
    )


def decisions() -> st.SearchStrategy[Decision]:
    """Return decisions with up to two actions."""
    return st.builds(
        Decision,
        st.lists(actions(), max_size=2).map(tuple),
        rule=_NAMES,
        reason=_NAMES,
        frame=st.integers(-1, 10**9),
        age_frames=st.integers(0, 100),
        policy=_NAMES,
        arm=_NAMES,
        propensity=st.floats(0, 1),
        elapsed_ms=st.floats(0, 1e4),
    )


def gaps() -> st.SearchStrategy[Gap]:
    """Return gaps in any stream."""
    count = st.integers(0, 10**9)
    return st.builds(
        Gap, count, _NAMES, events(pictures_only=True), _NAMES, st.integers(0, 5), _TIMES_NS
    )


def refusals() -> st.SearchStrategy[Refusal]:
    """Return refusals of decided actions."""
    return st.builds(Refusal, actions(), _NAMES, _NAMES, _NAMES)


def orders() -> st.SearchStrategy[Order]:
    """Return orders of pictures."""
    count = st.integers(0, 10**9)
    return st.builds(Order, events(pictures_only=True), count, _NAMES, _TIMES_NS)


def _noise(shape: tuple[int, int], dtype: str, seed: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed).integers(0, 2, shape).astype(dtype)


def _read_only_noise(shape: tuple[int, int], seed: int) -> np.ndarray[Any, Any]:
    pixels = np.random.default_rng(seed).integers(0, 2**16, shape).astype(np.uint16)
    pixels.setflags(write=False)
    return pixels
