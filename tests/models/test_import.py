"""A checkpoint becomes safetensors in a process of its own, or nothing at all."""

from __future__ import annotations

import pickle
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from safetensors.numpy import save

from saccade.core import ModelError
from saccade.models import _import, import_model, load_weights
from saccade.models._unpickle import _plain

if TYPE_CHECKING:
    from pathlib import Path


class Evil:
    """Makes a file when it is unpickled."""

    def __init__(self, place: Path) -> None:
        self.place = str(place)

    def __reduce__(self) -> tuple[Any, ...]:
        return (open, (self.place, "w"))


STATE = {
    "conv.weight": torch.arange(6.0).reshape(2, 3),
    "half": torch.ones(2, dtype=torch.bfloat16),
}


def test_a_checkpoint_becomes_weights(tmp_path: Path) -> None:
    """The same numbers come back from the new file by the sha256 that was told; once."""
    torch.save({"state_dict": STATE, "epoch": 5}, tmp_path / "a.pt")
    out = tmp_path / "a.safetensors"
    made = import_model(tmp_path / "a.pt", out)
    found = load_weights(out, made.sha256)
    assert np.array_equal(found.tensors["conv.weight"], [[0, 1, 2], [3, 4, 5]])
    assert found.tensors["half"].dtype == np.float32
    before = out.read_bytes()
    with pytest.raises(ModelError, match="never replaced"):
        import_model(tmp_path / "a.pt", out)
    assert out.read_bytes() == before


def test_a_pickle_does_not_run(tmp_path: Path) -> None:
    """Code in a checkpoint makes no file here, and its import ends with a named error."""
    ran = tmp_path / "ran"
    torch.save({"a": Evil(ran)}, tmp_path / "evil.pt")
    (tmp_path / "evil.bin").write_bytes(pickle.dumps({"a": Evil(ran)}))
    for name in ("evil.pt", "evil.bin"):
        with pytest.raises(ModelError, match="can't be imported"):
            import_model(tmp_path / name, tmp_path / "out.safetensors")
    assert not ran.exists()
    assert not (tmp_path / "out.safetensors").exists()


def test_what_could_not_be_loaded_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the process hands over is checked as any model is: it has seen a stranger's file."""
    nan = save({"a": np.array([1.0, np.nan])})
    monkeypatch.setattr(_import, "_unpickle", lambda _, draft, *limits: draft.write_bytes(nan))
    torch.save(STATE, tmp_path / "a.pt")
    with pytest.raises(ModelError, match="not finite"):
        import_model(tmp_path / "a.pt", tmp_path / "a.safetensors")
    assert not (tmp_path / "a.safetensors").exists()


def test_too_long_is_too_long(tmp_path: Path) -> None:
    """A process that does not come to an end is ended."""
    torch.save(STATE, tmp_path / "a.pt")
    with pytest.raises(ModelError, match=r"not read within 0\.05 s"):
        import_model(tmp_path / "a.pt", tmp_path / "a.safetensors", timeout_s=0.05)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds a process's memory")
def test_too_much_is_too_much(tmp_path: Path) -> None:
    """A checkpoint that unpacks to more than it is given fails, and only in its process."""
    # A few bytes of storage, said to be repeated: 2 GB once they are made plain.
    torch.save({"a": torch.ones(1).expand(2**29)}, tmp_path / "a.pt")
    with pytest.raises(ModelError, match="can't be imported"):
        import_model(tmp_path / "a.pt", tmp_path / "a.safetensors", memory_mb=300)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([1], "list, not tensors"),
        ({}, "dict, not tensors"),
        ({"a": 5}, "not a tensor with a name"),
        ({5: torch.ones(1)}, "not a tensor with a name"),
        ({"a": torch.ones(2, 2).to_sparse()}, "no plain array"),
    ],
)
def test_only_tensors_by_name_are_weights(value: Any, message: str) -> None:
    """Anything else in a checkpoint is told, not left out."""
    with pytest.raises(ValueError, match=message):
        _plain(value, torch)


@pytest.mark.parametrize("entry", ["m/code/__torch__.py", "m/archive_format", "constants.pkl"])
def test_programs_are_no_checkpoints(tmp_path: Path, entry: str) -> None:
    """TorchScript and torch.export are refused by what is in the archive, whatever its name."""
    with zipfile.ZipFile(tmp_path / "a.pt", "w") as file:
        file.writestr(entry, "x")
    with pytest.raises(ModelError, match="a program"):
        import_model(tmp_path / "a.pt", tmp_path / "a.safetensors")


@pytest.mark.parametrize(
    ("source", "out", "message"),
    [
        ("none.pt", "a.safetensors", "no file"),
        ("a.pt2", "a.safetensors", "torch.export"),
        ("a.joblib", "a.safetensors", "can run code"),
        ("a.txt", "a.safetensors", "no checkpoint"),
        ("none.pt", "a.pt", "no .safetensors file"),
    ],
)
def test_bad_names_are_refused(tmp_path: Path, source: str, out: str, message: str) -> None:
    """Before anything is started."""
    with pytest.raises(ModelError, match=message):
        import_model(tmp_path / source, tmp_path / out)


CONFINED = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from _confine import confine
told = []
import pickle, socket, subprocess, os, tempfile, shutil
root = Path(sys.argv[2])
confine(root, root, told.append)
TRIES = {
    "socket": lambda: socket.socket(),
    "name": lambda: socket.getaddrinfo("localhost", 80),
    "process": lambda: subprocess.Popen([sys.executable]),
    "shell": lambda: os.system("true"),
    "write": lambda: open(root.parent / "outside", "w"),
    "append": lambda: open(root.parent / "outside", "ab"),
    "os.open": lambda: os.open(root.parent / "outside", os.O_CREAT | os.O_RDWR),
    "link": lambda: open(root / "link", "w"),
    "mkdir": lambda: os.mkdir(root.parent / "folder"),
    "remove": lambda: os.remove(root.parent / "kept"),
    "rename": lambda: os.rename(root / "a", root.parent / "b"),
    "pickle": lambda: pickle.loads(b"cos\\nsystem\\n."),
    "compile": lambda: compile("1", str(root / "x.py"), "exec"),
}
for name, attempt in TRIES.items():
    try:
        attempt()
        print("DID NOT REFUSE", name)
    except PermissionError:
        pass
(root / "inside").write_text("x")
(root / "folder").mkdir()
shutil.rmtree(root / "folder")
open(root.parent / "kept").close()
print(len(told), len(TRIES))
"""


def test_a_confined_process_does_not_act_on_the_world(tmp_path: Path) -> None:
    """No socket, process, pickle or write elsewhere goes by; its own folder it can use."""
    root = tmp_path / "root"
    root.mkdir()
    (root / "a").touch()
    (tmp_path / "kept").touch()
    (tmp_path / "linked").touch()
    try:
        (root / "link").symlink_to(tmp_path / "linked")
    except OSError:
        pytest.skip("this user may make no links here")
    here = __import__("saccade.models", fromlist=["x"]).__path__[0]
    done = subprocess.run(
        [sys.executable, "-I", "-c", CONFINED, here, str(root)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.split() == ["13", "13"], done.stdout + done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept", "linked", "root"]
