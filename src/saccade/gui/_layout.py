"""How a person has arranged the window: kept in a file that can do no harm."""

from __future__ import annotations

import base64
import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from saccade.core import parse_json
from saccade.models import choices_file

if TYPE_CHECKING:
    from pathlib import Path

VERSION = 1
_FILE = "window.json"
_MOST_BYTES = 2**20


@dataclass(frozen=True)
class Layout:
    """What is kept."""

    theme: str = "system"
    geometry: str = ""
    """Of the window, as Qt saves it, in base 64; as well the next."""
    state: str = ""
    """Of the docks."""
    panes: dict[str, list[int]] = field(default_factory=dict)
    """Sizes of splitters by their name."""
    overlays: dict[str, bool] = field(default_factory=dict)
    """Which are on; those that it doesn't name are as at first."""


def layout_file() -> Path:
    """Return where it is kept: ``window.json`` in the user's settings folder."""
    return choices_file().with_name(_FILE)


def read_layout() -> tuple[Layout, str]:
    """Return the layout that was kept, and why it is not if it is unusable.

    A bad file keeps no window from opening: then the layout is the one at first.
    """
    file = layout_file()
    try:
        with file.open("rb") as opened:
            found = parse_json(opened.read(_MOST_BYTES))
        return _layout_of(found), ""
    except FileNotFoundError:
        return Layout(), ""
    except (OSError, ValueError, TypeError, KeyError) as error:
        why = " ".join(str(error).split())
        return Layout(), f"The layout in {file} can't be used, and is the one at first: {why}."


def write_layout(layout: Layout) -> str:
    """Keep a layout, whole or not at all; return why it can't be, if it can't.

    Parameters
    ----------
    layout : Layout
        As it is when a window closes.
    """
    file = layout_file()
    draft = file.with_name(f"{file.name}.{os.getpid()}.new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"version": VERSION, **asdict(layout)}, indent=1)
        draft.write_text(text + "\n", encoding="utf-8")
        draft.replace(file)
    except OSError as error:
        with suppress(OSError):  # where it could not even be begun
            draft.unlink(missing_ok=True)
        return f"The layout is not kept: {file} can't be written ({error.strerror or error})."
    return ""


def forget_layout() -> None:
    """Begin with the layout at first; what else is kept stays.

    Whatever the file holds, and if it can't be removed, it is told when it is read.
    """
    layout, problem = read_layout()
    write_layout(Layout() if problem else Layout(theme=layout.theme))


def encoded(data: Any) -> str:
    """Return bytes of Qt's as text."""
    return base64.b64encode(bytes(data.data())).decode("ascii")


def decoded(text: str) -> bytes:
    """Return the bytes of a text.

    Raises
    ------
    ValueError
        If it is not what `encoded` returned.
    """
    return base64.b64decode(text, validate=True)


def _layout_of(found: object) -> Layout:
    if not isinstance(found, dict):
        raise ValueError("it is no mapping")
    if found.get("version") != VERSION:
        raise ValueError(f"it is of version {found.get('version')!r}, not {VERSION}")
    given = {name: found[name] for name in ("theme", "geometry", "state") if name in found}
    if not all(isinstance(each, str) for each in given.values()):
        raise ValueError("theme, geometry and state must be texts")
    panes = found.get("panes", {})
    if not isinstance(panes, dict) or not all(map(_are_sizes, panes.values())):
        raise ValueError("panes must be lists of sizes")
    overlays = found.get("overlays", {})
    if not isinstance(overlays, dict) or not all(isinstance(on, bool) for on in overlays.values()):
        raise ValueError("overlays must be true or false")
    layout = Layout(**given, panes=panes, overlays=overlays)
    for text in (layout.geometry, layout.state):
        decoded(text)
    return layout


def _are_sizes(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(each, int) and not isinstance(each, bool) and 0 <= each < 10**5 for each in value
    )
