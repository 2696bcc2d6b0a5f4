"""Scripts of faults, and the disk on which they can be planned."""

from __future__ import annotations

import errno
import math
import os
import shutil
import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from saccade.core import ProtocolError
from saccade.testing import WRONGS, Fault, Faults, FaultyDisk

if TYPE_CHECKING:
    from pathlib import Path


def calls(faults: Faults, count: int = 5, device: str = "Z") -> list[Any]:
    """Return what becomes of calls that answer their argument, from 0."""

    def fate(number: int) -> Any:
        try:
            return faults.go(device, "ask", (float(number),), lambda um: um)
        except RuntimeError:
            return "failed"

    return [fate(number) for number in range(count)]


@pytest.mark.parametrize(
    ("fault", "came"),
    [
        pytest.param(Fault(on=2), [0, "failed", 2, 3, 4], id="once"),
        pytest.param(Fault("ask", on=3, times=2), [0, 1, "failed", "failed", 4], id="twice"),
        pytest.param(Fault(on=4, times=None), [0, 1, 2, "failed", "failed"], id="for good"),
        pytest.param(Fault(device="XY"), [0, 1, 2, 3, 4], id="another device"),
        pytest.param(Fault("tell"), [0, 1, 2, 3, 4], id="another call"),
        pytest.param(Fault(what="wrong", on=2, value=9.0), [0, 9, 2, 3, 4], id="wrong"),
        pytest.param(Fault(what="wrong", on=2), [0, 8, 2, 3, 4], id="near"),
        pytest.param(Fault(what="slow", on=2, ms=1), [0, 1, 2, 3, 4], id="slow"),
    ],
)
def test_a_fault_befalls_the_calls_that_it_was_planned_for(fault: Fault, came: list[Any]) -> None:
    """Those of its name and device, from the nth on, so many times, and no other."""
    faults = Faults(fault)
    assert calls(faults) == came
    assert faults.counts == {("Z", "ask"): 5}
    assert len(faults.happened) == sum(a != b for a, b in zip(came, range(5), strict=True)) or (
        fault.what == "slow"
    )


def test_nan_stands_for_a_number() -> None:
    """An argument becomes NaN; a call without arguments answers NaN; others go well."""
    faults = Faults(Fault(what="nan", times=None))
    assert math.isnan(faults.go("Z", "move", (1.0,), lambda um: um))
    assert math.isnan(faults.go("Z", "where", (), lambda: 1.0))
    assert faults.go("Z", "name", (), lambda: "stage") == "stage"
    assert [str(x) for x in faults.go("XY", "at", (), lambda: (1.0, 2.0))] == ["nan", "nan"]


@pytest.mark.parametrize(
    ("truth", "told"),
    [
        pytest.param(True, False, id="truth"),
        pytest.param(3, 10, id="count"),
        pytest.param("1.5", "8.5", id="number as text"),
        pytest.param((1.0, 2.0), (8.0, 2.0), id="pair"),
        pytest.param(("a", "b"), ("a",), id="names"),
        pytest.param(None, None, id="nothing"),
    ],
)
def test_a_wrong_answer_is_near_the_truth(truth: Any, told: Any) -> None:
    """It has the type of the right one, and is not it, where there is anything to be wrong."""
    faults = Faults(Fault(what="wrong"))
    assert faults.go("Camera", "ask", (), lambda: truth) == told


def test_a_wrong_picture_is_another_of_its_size() -> None:
    """Its pixels are others."""
    truth = np.arange(12, dtype=np.uint16).reshape(3, 4)
    told = Faults(Fault(what="wrong")).go("Camera", "picture", (), lambda: truth)
    assert told.shape == truth.shape
    assert (told != truth).any()


def test_calls_within_a_call_are_its_own_affair() -> None:
    """They are neither counted nor befallen."""
    faults = Faults(Fault("inner"))

    def outer() -> float:
        return faults.go("Z", "inner", (), lambda: 1.0)

    assert faults.go("Z", "outer", (), outer) == 1.0
    assert faults.counts == {("Z", "outer"): 1}


def test_what_hangs_goes_on_when_healed() -> None:
    """The call is done then, and nothing that was planned is left."""
    faults = Faults(Fault(what="hang"), Fault(on=3))
    came: list[float] = []
    thread = threading.Thread(target=lambda: came.append(faults.go("Z", "x", (), lambda: 1.0)))
    thread.start()
    while not faults.happened:
        time.sleep(1e-3)
    assert not came
    faults.heal()
    thread.join(10.0)
    assert came == [1.0]
    assert calls(faults) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        pytest.param({"what": "rise"}, "Did you mean 'raise'", id="what"),
        pytest.param({"on": 0}, "Fault.on", id="on"),
        pytest.param({"times": 0}, "Fault.times", id="times"),
        pytest.param({"ms": math.nan}, "Fault.ms", id="ms"),
        pytest.param({"call": ""}, "Fault.call", id="call"),
    ],
)
def test_an_impossible_fault_is_refused(given: dict[str, Any], hint: str) -> None:
    """A misspelt fault is told at once, not by a test that can't fail."""
    with pytest.raises(ProtocolError, match=hint):
        Fault(**given)


def test_a_call_that_can_not_come_is_refused() -> None:
    """A script for a disk names what a disk is asked for."""
    with pytest.raises(ProtocolError, match="Did you mean 'write'"):
        Faults(Fault("writes")).check(("write", "sync"))


# ------------------------------------------------------------------------------------- the disk


def write(path: Path, data: bytes = b"12345678", mode: str = "wb") -> None:
    with path.open(mode, buffering=0) as file:
        os.writev(file.fileno(), [data]) if hasattr(os, "writev") else file.write(data)
        os.fsync(file.fileno())


posix = pytest.mark.skipif(not hasattr(os, "writev"), reason="another call writes here")


@pytest.mark.parametrize("call", ["open", "write", "sync", "rename", "make"])
@pytest.mark.parametrize("name", ["EIO", "ENOSPC"])
def test_a_disk_refuses_the_call_that_it_was_told_to(tmp_path: Path, call: str, name: str) -> None:
    """The error is the system's own, and comes in that folder only, and only meanwhile."""
    on, beside = tmp_path / "on", tmp_path / "beside"
    on.mkdir()
    beside.mkdir()

    def everything(folder: Path) -> None:
        write(folder / "a")
        (folder / "a").replace(folder / "b")
        (folder / "c").mkdir()

    with FaultyDisk(on, Faults(Fault(call, value=name))) as disk:
        everything(beside)
        with pytest.raises(OSError, match=r"Errno") as caught:
            everything(on)
        assert caught.value.errno == getattr(errno, name)
    assert [each.call for each in disk.faults.happened] == [call]
    shutil.rmtree(on)
    on.mkdir()
    everything(on)


@posix
def test_a_full_disk_takes_what_fits(tmp_path: Path) -> None:
    """A write is done as far as there is room, and the next one is refused."""
    with FaultyDisk(tmp_path, room_bytes=11) as disk:
        assert shutil.disk_usage(tmp_path).free == 11
        write(tmp_path / "a")
        write(tmp_path / "b")
        with pytest.raises(OSError, match="No space"):
            write(tmp_path / "c")
        assert disk.written == 11
        assert shutil.disk_usage(tmp_path).free == 0
    assert [path.stat().st_size for path in sorted(tmp_path.iterdir())] == [8, 3, 0]


@posix
def test_a_wrong_write_is_a_short_one(tmp_path: Path) -> None:
    """The disk takes half and says so, as it may."""
    with FaultyDisk(tmp_path, Faults(Fault("write", "wrong"))):
        write(tmp_path / "a")
        write(tmp_path / "b")
    assert [path.stat().st_size for path in sorted(tmp_path.iterdir())] == [4, 8]


def test_a_slow_disk_takes_its_time(tmp_path: Path) -> None:
    """Each call, and each byte, takes as long as it was told."""
    slept: list[float] = []
    with pytest.MonkeyPatch.context() as patch, FaultyDisk(tmp_path, mb_per_s=1.0, call_ms=2.0):
        patch.setattr(time, "sleep", slept.append)
        write(tmp_path / "a", bytes(2**19))
    assert slept == [0.002, 0.002, 0.5, 0.002]


def test_every_kind_of_fault_is_known() -> None:
    """The words are those of the README."""
    assert WRONGS == ("raise", "hang", "slow", "wrong", "nan")
