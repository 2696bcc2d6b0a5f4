"""Files that are not weights alone, told by name and by their first bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from saccade.core import ModelError

if TYPE_CHECKING:
    from pathlib import Path

_IMPORT = "If you trust it: `saccade import-model FILE OUT.safetensors`."
_CONVERT = "Save the weights alone, as safetensors, where the model was made."

_BY_SUFFIX = {
    **dict.fromkeys((".pt", ".pth", ".ckpt", ".bin"), ("a checkpoint of torch", _IMPORT)),
    **dict.fromkeys((".pkl", ".pickle", ".joblib", ".npy", ".npz"), ("a pickle", _CONVERT)),
    **dict.fromkeys((".h5", ".hdf5", ".keras"), ("a model of Keras", _CONVERT)),
    ".pt2": ("a program of torch.export", _CONVERT),
    ".onnx": ("a program of ONNX", _CONVERT),
}
_BY_MAGIC = (
    (b"PK\x03\x04", "an archive, as torch, TorchScript and Keras write them", _IMPORT),
    (b"PK\x05\x06", "an archive", _CONVERT),
    (b"\x80", "a pickle, as torch and joblib write them", _IMPORT),
    (b"\x89HDF", "a model of Keras, or another HDF5 file", _CONVERT),
    (b"\x93NUMPY", "an array of numpy, which can hold a pickle", _CONVERT),
    (b"\x1f\x8b", "a compressed file", _CONVERT),
    (b"BZh", "a compressed file", _CONVERT),
    (b"\xfd7zXZ", "a compressed file", _CONVERT),
    (b"x\x9c", "a compressed file, as joblib writes them", _CONVERT),
)


def refuse_by_name(name: str) -> None:
    """Refuse what is called like a program, or lies elsewhere than on a disk.

    Raises
    ------
    ModelError
        With what to do instead.
    """
    suffix = name[name.rfind(".") :].lower() if "." in name else ""
    if "://" in name or name.startswith(("hub:", "torch.hub")):
        raise ModelError(
            f"{name!r} would be fetched from elsewhere, with whatever code is there.",
            "Models are files on this machine, with a recorded sha256.",
        )
    if suffix in _BY_SUFFIX:
        raise _refused(name, *_BY_SUFFIX[suffix])


def refuse_by_content(path: Path, head: bytes) -> None:
    """Refuse what begins like a program, whatever it is called.

    Parameters
    ----------
    path : Path
        For the message.
    head : bytes
        The first bytes of the file.

    Raises
    ------
    ModelError
        With what to do instead.
    """
    for magic, what, do in _BY_MAGIC:
        # Sixteen bytes in, the length of a safetensors header could look like a short magic.
        if head.startswith(magic) and head[8:9] != b"{":
            raise _refused(str(path), what, do)


def _refused(name: str, what: str, do: str) -> ModelError:
    return ModelError(f"{name} is {what}: loading it can run code.", do)
