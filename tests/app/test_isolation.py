"""Isolation in protocol files: `isolate`, its settings, checks and records."""

from __future__ import annotations

from typing import Any

import pytest
from protocol_cases import LEAST

from saccade.app import check
from saccade.app._describe import describe
from saccade.app._parts import build_parts
from saccade.app._protocol import protocol_of as read
from saccade.core import ProtocolError, Stand
from saccade.detect import Spots
from saccade.isolate import Isolated
from saccade.run import Eye
from saccade.testing import DEFAULT_STAND

SETTINGS = {"takes_at_most_ms": 5000.0, "memory_mb": None, "starts_within_s": 60.0}


def protocol(isolate: Any, **settings: Any) -> Any:
    part = {"use": "saccade.detect:Spots", "isolate": isolate, **settings}
    return read({**LEAST, "detect": {"beads": part}})


@pytest.mark.parametrize(
    ("isolate", "settings"),
    [
        pytest.param(True, SETTINGS, id="true"),
        pytest.param({}, SETTINGS, id="nothing set"),
        pytest.param({"memory_mb": 900}, {**SETTINGS, "memory_mb": 900.0}, id="a limit"),
        pytest.param(False, None, id="false"),
        pytest.param(None, None, id="null"),
    ],
)
def test_a_protocol_isolates_a_detector(isolate: Any, settings: Any) -> None:
    """What is made of it is made again from what the run records, and described as it was."""
    made = protocol(isolate, sigma=3.0)
    for _ in range(2):
        (eye,) = build_parts(made.spec()).eyes.values()
        if settings is None:
            assert (type(eye.detector), eye.detector.sigma) == (Spots, 3.0)
        else:
            assert isinstance(eye.detector, Isolated)
            inner = eye.detector.detector
            assert (type(inner), inner.sigma, eye.detector.settings) == (Spots, 3.0, settings)
        made = read(made.resolved())
    described = describe({"beads": eye}, (), ())
    again = build_parts({"detect": described["detect"]}).eyes["beads"].detector
    assert getattr(again, "settings", None) == settings
    assert described["detect"]["beads"]["use"] == "saccade.detect:Spots"


@pytest.mark.parametrize(
    ("isolate", "said"),
    [
        pytest.param("yes", "isolate", id="a word"),
        pytest.param({"takes_at_most": 5}, "takes_at_most_ms", id="did you mean"),
        pytest.param({"memory_mb": -1}, "memory_mb", id="less than none"),
        pytest.param({"takes_at_most_ms": float("nan")}, "takes_at_most_ms", id="NaN"),
    ],
)
def test_wrong_isolation_is_named(isolate: Any, said: str) -> None:
    """The error says which key is wrong."""
    with pytest.raises(ProtocolError, match=said):
        protocol(isolate)


@pytest.mark.parametrize(
    ("stand", "level"),
    [
        pytest.param(DEFAULT_STAND, "fact", id="fits"),
        pytest.param(Stand("bare", pixel_size_um=0.0), "error", id="does not fit"),
    ],
)
def test_a_check_starts_what_is_isolated(stand: Stand, level: str) -> None:
    """As the run will: what would keep it from that is told beforehand."""
    found = check(protocol(True, sigma_um=1.0), stand)
    levels = {each.level for each in found if each.text.startswith("The detector 'beads'")}
    assert levels == {level}


def test_an_isolated_function_of_a_script_is_described_as_code() -> None:
    """It is recorded that it was isolated, and that it can't be made from the record."""
    described = describe({"it": Eye(Isolated(len))}, (), ())["detect"]["it"]  # type: ignore[arg-type]
    assert described == {"code": "builtins:len", "isolate": SETTINGS}
    with pytest.raises(ProtocolError, match="builtins:len"):
        build_parts({"detect": {"it": described}})
