"""Runtimes of networks: the same answer from each, from tiles as from the whole, and a choice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from net_models import net_model

from saccade.core import ModelError
from saccade.models import (
    RUNTIMES,
    Looker,
    Model,
    check_runtime,
    choices_file,
    choose_runtime,
    chosen_runtime,
    installed_runtimes,
    look_threads,
    open_session,
)
from saccade.models import _runtimes as home
from saccade.models._tiles import reach_cells, tiles

if TYPE_CHECKING:
    from pathlib import Path


def pictures(shape: tuple[int, int], count: int = 2) -> list[Any]:
    rng = np.random.default_rng(1)
    return [rng.normal(size=shape).astype(np.float32) for _ in range(count)]


def wanted(runtime: str) -> None:
    if runtime not in installed_runtimes():  # asked without importing it, as Saccade does
        pytest.skip(f"{runtime} is an extra, and not installed")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return net_model(tmp_path_factory.mktemp("runtimes") / "m", frames=2, masks=True)


@pytest.mark.parametrize("runtime", RUNTIMES[1:])
def test_runtimes_say_the_same(model: Model, runtime: Any) -> None:
    """Every head, for two shapes, as from torch to a hundred-thousandth."""
    wanted(runtime)
    torch, other = (open_session(model, each) for each in ("torch", runtime))
    for shape in ((64, 48), (32, 80)):
        stack = np.stack(pictures(shape))[None]
        ours, theirs = torch(stack), other(stack)
        assert set(ours) == set(theirs) == {"heat", "offset", "vote", "inside"}
        for name in ours:
            np.testing.assert_allclose(theirs[name], ours[name], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_an_answer_stays_what_it_was(model: Model, runtime: Any) -> None:
    """What a session returned is not written over by its next look."""
    wanted(runtime)
    session = open_session(model, runtime)
    stack = np.stack(pictures((32, 32)))[None]
    first = session(stack)["heat"]
    before = first.copy()
    session(stack + 1)
    np.testing.assert_array_equal(first, before)


@pytest.mark.parametrize("shape", [(400, 300), (161, 403), (20, 500)])
def test_tiles_say_what_the_whole_picture_does(model: Model, shape: tuple[int, int]) -> None:
    """Also at the seams and edges, for sides that are no multiple of four; tiles were used."""
    session = open_session(model)
    seen: list[tuple[int, ...]] = []

    def watched(stack: Any) -> Any:
        seen.append(stack.shape)
        return session(stack)

    architecture = model.card.architecture
    whole = Looker(session, architecture)(pictures(shape))
    tiled = Looker(watched, architecture, most_cells=40)(pictures(shape))
    assert len(seen) > 1
    assert len(set(seen)) == 1
    for name in whole:
        assert tiled[name].shape == whole[name].shape
        np.testing.assert_allclose(tiled[name], whole[name], rtol=1e-4, atol=1e-5)


@given(cells=st.integers(1, 3000), reach=st.integers(0, 60), most=st.integers(1, 400))
def test_tiles_cover_all_once_and_see_enough(cells: int, reach: int, most: int) -> None:
    """What is kept follows without gaps, and lies as far from a tile's ends as the network sees."""
    length, parts = tiles(cells, reach, most)
    assert length <= max(most, 4 * reach, 8)
    assert [each.first for each in parts] == [0, *(each.last for each in parts[:-1])]
    assert parts[-1].last == cells
    for each in parts:
        assert 0 <= each.begin <= cells - length
        assert each.begin <= each.first < each.last <= each.begin + length
        assert each.begin == 0 or each.first - each.begin >= reach
        assert each.begin + length == cells or each.begin + length - each.last >= reach


def test_reach_is_how_far_the_network_sees(model: Model) -> None:
    """A pixel changes heat that far away, and no further."""
    session = open_session(model)
    dark = np.zeros((1, 2, 160, 160), np.float32)
    lit = dark.copy()
    lit[0, 1, 80, 80] = 100.0
    changed = np.argwhere((session(lit)["heat"] != session(dark)["heat"])[0].any(0))
    assert np.abs(changed - 20).max() == reach_cells(model.card.architecture)


def test_a_2048_picture_is_looked_at_in_tiles_of_less_than_a_third(model: Model) -> None:
    """The memory that a look takes is that of a tile, and the overlap adds at most an eighth."""
    wide = replace_dilations(model, (1, 2, 4))
    seen: list[tuple[int, ...]] = []

    def session(stack: Any) -> Any:
        seen.append(stack.shape)
        return {"heat": np.zeros((1, 1, stack.shape[2] // 4, stack.shape[3] // 4), np.float32)}

    Looker(session, wide)([np.zeros((2048, 2048), np.float32)] * 2)
    sizes = [shape[2] * shape[3] for shape in seen]
    assert max(sizes) < 2048**2 / 3
    assert sum(sizes) < 1.125 * 2048**2


def replace_dilations(model: Model, dilations: tuple[int, ...]) -> Any:
    return model.card.architecture.model_copy(update={"dilations": dilations})


def test_a_runtime_that_is_missing_is_told_with_its_extra(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error says what to install; nothing falls back to another runtime unasked."""
    monkeypatch.setattr(home, "find_spec", lambda name: None if name != "torch" else object())
    assert installed_runtimes() == ("torch",)
    for runtime, extra in (("onnxruntime", "onnx"), ("openvino", "openvino")):
        with pytest.raises(ModelError, match=f"{runtime}.*not installed") as caught:
            open_session(model, runtime)  # type: ignore[arg-type]
        assert f"saccade[{extra}]" in (caught.value.do or "")


def test_a_choice_is_kept_by_machine_and_kind_of_network(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Torch until something was chosen; another network or machine isn't told of it."""
    monkeypatch.setenv("SACCADE_SETTINGS", str(tmp_path / "new" / "settings"))
    monkeypatch.setattr(home, "find_spec", lambda _: object())
    of = model.card.architecture
    assert chosen_runtime(of) == "torch"
    assert choose_runtime(of, "openvino", {"torch": 5.0, "openvino": 4.0}) == choices_file()
    assert chosen_runtime(of) == "openvino"
    assert chosen_runtime(replace_dilations(model, (1, 1))) == "torch"
    choose_runtime(replace_dilations(model, (1, 1)), "onnxruntime", {})
    assert chosen_runtime(of) == "openvino"
    monkeypatch.setattr("platform.node", lambda: "another")
    assert chosen_runtime(of) == "torch"
    assert [each.name for each in choices_file().parent.iterdir()] == ["runtimes.json"]


def test_a_choice_that_can_not_be_used_is_told(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A damaged file, a runtime that nobody knows, and one that is gone: named, never ignored."""
    monkeypatch.setenv("SACCADE_SETTINGS", str(tmp_path))
    of = model.card.architecture
    choose_runtime(of, "openvino", {})
    monkeypatch.setattr(home, "find_spec", lambda name: None if name != "torch" else object())
    with pytest.raises(ModelError, match="not installed"):
        chosen_runtime(of)
    whole = json.loads(choices_file().read_text(encoding="utf-8"))
    for text in (
        "{",
        "[]",
        '{"x": 1}',
        '{"x": {"y": 2}}',
        json.dumps(whole).replace("openvino", "tvm"),
    ):
        choices_file().write_text(text, encoding="utf-8")
        with pytest.raises(ModelError, match=r"runtimes\.json can't be used"):
            chosen_runtime(of)


@pytest.mark.parametrize(
    ("cores", "asked", "threads"),
    [(1, "", 1), (2, "", 2), (3, "", 2), (16, "", 4), (16, "2,1", 2), (2, "8", 2), (4, "no", 3)],
)
def test_threads_leave_a_core_to_the_rest(
    monkeypatch: pytest.MonkeyPatch, cores: int, asked: str, threads: int
) -> None:
    """One fewer than there are cores from three on, at most four, and never more than asked."""
    affinity = {"sched_getaffinity": lambda _: set(range(cores))}
    for name, value in affinity.items():
        monkeypatch.setattr(os, name, value, raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", asked)
    assert look_threads() == threads


@pytest.mark.parametrize(("given", "then"), [(None, "PASSIVE"), ("ACTIVE", "ACTIVE")])
def test_threads_of_torch_sleep_while_they_wait(given: str | None, then: str) -> None:
    """The environment says so before torch is imported, unless the user's says otherwise."""
    code = """
import os, sys
import saccade.detect, saccade.models
assert "torch" not in sys.modules
saccade.models.PatchNet
assert "torch" in sys.modules
print(os.environ["OMP_WAIT_POLICY"])
"""
    environment = {} if given is None else {"OMP_WAIT_POLICY": given}
    assert said(code, **environment) == then


def test_a_graphics_card_says_the_same(model: Model) -> None:
    """Every head as on the processor, to a ten-thousandth, twice from the same pinned memory."""
    import torch

    if not torch.cuda.is_available():
        pytest.skip("torch finds no graphics card here")
    session = open_session(model)
    assert session._device.type == "cuda"  # type: ignore[attr-defined]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.cuda, "is_available", lambda: False)
        processor = open_session(model)
    for add in (0, 1):
        stack = np.stack(pictures((64, 64)))[None] + np.float32(add)
        here, there = processor(stack), session(stack)
        for name in here:
            np.testing.assert_allclose(there[name], here[name], rtol=1e-3, atol=1e-4)


def test_an_installed_runtime_is_known() -> None:
    """Torch is always there; what is listed passes the check."""
    assert "torch" in installed_runtimes()
    for each in installed_runtimes():
        check_runtime(each)


def test_openvino_calls_nobody(model: Model) -> None:
    """Its telemetry is never imported, so nothing is sent of who looks at what."""
    wanted("openvino")
    code = """
import sys
from saccade.models import load_model, open_session
open_session(load_model(sys.argv[1]), "openvino")
assert "openvino" in sys.modules
print([each for each in sys.modules if each.startswith("openvino_telemetry")])
"""
    assert said(code, str(model.path)) == "[]"


def said(code: str, *arguments: str, **environment: str) -> str:
    """Return what a program of its own prints."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={k: v for k, v in os.environ.items() if k != "OMP_WAIT_POLICY"} | environment,
        capture_output=True,
        check=True,
        text=True,
        encoding="utf-8",
        timeout=100,
    )
    return done.stdout.strip()
