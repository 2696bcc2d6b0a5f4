"""The benchmark of detectors: each runtime at the same weights, a choice, nets of many sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from net_models import net_model

from saccade.app import run_detector_bench, run_net_bench
from saccade.app._bench_detector import DetectorRow, _bars, _fastest
from saccade.app._describe import describe
from saccade.core import ProtocolError, UsageError
from saccade.detect import Network, Spots
from saccade.models import choices_file, installed_runtimes
from saccade.testing import frame_of

if TYPE_CHECKING:
    from pathlib import Path


def test_the_choice_is_where_a_network_finds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was chosen is what a detector uses from then on, unless it is told another."""
    monkeypatch.setenv("SACCADE_SETTINGS", str(tmp_path / "settings"))
    model = net_model(tmp_path / "m")
    bench = run_detector_bench(str(model.path), sizes_px=(64, 128), looks=5)
    expected = [(size, each) for size in (64, 128) for each in installed_runtimes()]
    assert [(row.size_px, row.runtime) for row in bench.rows] == expected
    assert all(0 < row.median_ms <= row.p99_ms for row in bench.rows)
    assert bench.recorded_in == choices_file()
    assert Network(str(model.path)).runtime == bench.chosen
    assert Network(str(model.path), runtime="torch").runtime == "torch"
    (told,) = describe(Network(str(model.path)), (), ())["detect"].values()
    assert told["runtime"] == bench.chosen  # so it is in a run's record, and a replay uses it
    assert bench.plain()["recorded_in"] == str(choices_file())


def test_without_recording_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A measurement alone leaves the settings as they are."""
    monkeypatch.setenv("SACCADE_SETTINGS", str(tmp_path / "settings"))
    model = net_model(tmp_path / "m")
    bench = run_detector_bench(str(model.path), sizes_px=(64,), looks=5, record=False)
    assert bench.recorded_in is None
    assert not (tmp_path / "settings").exists()


def test_a_detector_without_runtimes_is_measured_by_name() -> None:
    """Short or whole name; there is nothing to choose, and one that needs settings says so."""
    for name in ("Spots", "saccade.detect:Spots"):
        bench = run_detector_bench(name, sizes_px=(64,), looks=5)
        assert [(row.size_px, row.runtime) for row in bench.rows] == [(64, "")]
        assert not bench.chosen
        assert bench.rows[0].declared_ms == Spots().takes_ms(frame_of(np.zeros((64, 64))))
        assert bench.rows[0].cpu_ms >= 0
    with pytest.raises(ProtocolError, match="Sopts"):
        run_detector_bench("Sopts")
    with pytest.raises(ProtocolError, match="detectors is missing"):
        run_detector_bench("All")


def test_bars_and_choice_are_of_the_medians() -> None:
    """Torch stays where another wins by less than a twentieth; ratios are of the same runtime."""
    rows = [
        DetectorRow(512, "torch", 4.0, 9.0),
        DetectorRow(512, "openvino", 3.9, 9.0),
        DetectorRow(2048, "torch", 80.0, 90.0),
        DetectorRow(2048, "openvino", 39.0, 90.0),
    ]
    assert _fastest(rows, 512) == "torch"
    assert _fastest(rows, 2048) == "openvino"
    told = {bar.text: (round(bar.measured, 3), bar.holds) for bar in _bars(rows, (512, 2048))}
    assert told == {
        "512 px: torch / the fastest in float32": (1.026, True),
        "2048 px: torch / the fastest in float32": (2.051, False),
        "2048 px / 512 px, torch": (20.0, False),
        "2048 px / 512 px, openvino": (10.0, True),
    }


def test_networks_of_several_sizes_are_measured_beside_each_other() -> None:
    """A row a network and runtime, with the least budget that it fits; wrong names are told."""
    bench = run_net_bench(("8x1", "16x2"), size_px=64, looks=5)
    names = [(net, each) for net in ("8x1", "16x2") for each in installed_runtimes()]
    assert [(row.net, row.runtime) for row in bench.rows] == names
    for row in bench.rows:
        assert row.budget_ms is None or row.median_ms <= row.budget_ms
    assert bench.rows[0].parameters < bench.rows[-1].parameters
    for wrong in ("16", "2x3", "x", "300x1"):
        with pytest.raises(UsageError, match="no network"):
            run_net_bench((wrong,))
