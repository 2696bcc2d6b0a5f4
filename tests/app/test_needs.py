"""What a detector needs is refused by the check, and when a run is armed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tifffile

from saccade.app import Run, check
from saccade.app._protocol import protocol_of as protocol_from
from saccade.core import Needs, NeedsError, Observation, Stand
from saccade.scope import load
from saccade.testing import FakeScope

STAND = Stand("bench", channels=("DAPI", "FITC"), dtype="uint16", pixel_size_um=0.5)


def document(**detector: Any) -> dict[str, Any]:
    return {
        "saccade": 1,
        "name": "needy",
        "scope": "demo",
        "watch": {"channels": ["FITC"], "time_plan": {"interval": 1, "loops": 2}},
        "detect": {"spots": {"use": "saccade.detect:Spots", **detector}},
    }


def errors(spec: dict[str, Any], stand: Stand) -> list[str]:
    return [each.text for each in check(protocol_from(spec), stand) if each.level == "error"]


def test_a_scale_in_um_needs_a_calibrated_microscope() -> None:
    """The check refuses a scale in µm where no pixel size is known, and only there."""
    uncalibrated = Stand("bench", channels=("FITC",), pixel_size_known=False)
    assert errors(document(sigma_um=1), STAND) == []
    assert errors(document(sigma=1), uncalibrated) == []
    (said,) = errors(document(sigma_um=1), uncalibrated)
    assert "The detector 'spots' can't be used here: it needs the size of a pixel" in said


@pytest.mark.parametrize("known", [True, False])
def test_a_recording_says_whether_it_knows_its_pixels(tmp_path: Any, known: bool) -> None:
    """A recording without a pixel size can't be looked at in µm; with one it can."""
    movie = np.zeros((2, 32, 32), np.uint16)
    metadata = {"axes": "TYX", **({"PhysicalSizeX": 0.3} if known else {})}
    tifffile.imwrite(tmp_path / "movie.ome.tif", movie, metadata=metadata)
    scope = load(f"playback:{tmp_path / 'movie.ome.tif'}")
    stand = scope.stand()
    assert stand.pixel_size_known is known
    assert stand.pixel_size_um == (0.3 if known else 1.0)


class Needy:
    """A detector that needs more than there is."""

    needs = Needs(channel="Cy5")

    def __call__(self, frame: object) -> Observation:
        return Observation(0.0)


def test_a_run_is_not_armed_with_unmet_needs(tmp_path: Any) -> None:
    """A run whose detector needs what the microscope can't give never takes a picture."""
    scope = FakeScope()
    run = Run(scope, (), detect=Needy(), out=tmp_path / "run")
    with pytest.raises(NeedsError, match="The detector 'detect' can't be used on"):
        run.start().wait()
