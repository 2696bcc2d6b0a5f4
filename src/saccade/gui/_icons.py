"""Icons of the borrowed widgets, drawn here: none is fetched from anywhere."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from ._qt import QtGui

_EM_PX = 24
_PLAIN = "circle_medium"
"""Drawn where the font has nothing that would do."""
_ALIKE = {
    "bi:sign-stop-fill": "stop_circle",
    "carbon:transpose": "swap_horizontal",
    "fa6-solid:wave-square": "square_wave",
    "fluent:delete-24-regular": "delete_outline",
    "fluent:document-add-24-regular": "file_plus_outline",
    "fluent:edit-off-20-regular": "pencil_off_outline",
    "fluent:folder-add-24-regular": "folder_plus_outline",
    "fluent:form-new-24-regular": "playlist_plus",
    "fluent:layout-column-two-24-regular": "view_column_outline",
    "fluent:save-copy-24-regular": "content_copy",
    "ic:baseline-plus": "plus",
    "ic:baseline-power": "power",
    "ic:baseline-power-off": "power_off",
    "ic:outline-add-box": "plus_box_outline",
    "ic:outline-check-box-outline-blank": "checkbox_blank_outline",
    "majesticons:open": "open_in_new",
    "mynaui:letter-c-waves-solid": "alpha_c_circle",
    "mynaui:letter-p-diamond": "alpha_p_box_outline",
    "mdi:collapse-horizontal": "arrow_collapse_horizontal",
    "mdi:expand-horizontal": "arrow_expand_horizontal",
    "mdi:file-settings-cog-outline": "file_cog_outline",
    "mdi:folder-settings-variant-outline": "folder_cog_outline",
    "mdi:question-mark-rhombus": "help_rhombus_outline",
    "ph:path-duotone": "vector_polyline",
    "ph:tree-view": "file_tree_outline",
}
"""Glyphs of the Material Design font that stand for icons of other sets, and of older fonts."""


def draw_icons_here() -> None:
    """Let superqt and pymmcore-widgets draw their icons from the font that is installed.

    They ask a server for each of them otherwise, and wait for it where there is none: a minute
    for a table of properties, on the computer of a microscope. Call it before any of their
    widgets is imported.
    """
    import pyconify
    import pyconify.api
    from superqt import iconify

    for module in (pyconify, pyconify.api, iconify):
        vars(module)["svg_path"] = svg_path


@cache
def svg_path(
    *key: str,
    color: str | None = None,
    flip: str | None = None,
    rotate: str | int | None = None,
    **_size: Any,
) -> Path:
    """Return the file of an icon, as ``pyconify.svg_path`` does.

    Parameters
    ----------
    *key : str
        ``mdi:magnify``, or the two words by themselves.
    color : str, optional
        As SVG has it; black by default.
    flip : str, optional
        ``horizontal``, ``vertical``, or both with a comma between.
    rotate : str or int, optional
        Degrees, or quarters of a turn from 1 to 3.
    """
    glyph, font = glyph_of(":".join(key)), _font()
    outline = _outline(font.pathForGlyph(font.glyphIndexesForString(glyph)[0]))
    middle_y = (font.descent() - font.ascent()) / 2
    turn = f"translate({_EM_PX / 2} {middle_y}) {_turned(flip, rotate)} "
    turn += f"translate({-_EM_PX / 2} {-middle_y})"
    text = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_EM_PX}" height="{_EM_PX}" '
        f'viewBox="0 {middle_y - _EM_PX / 2:g} {_EM_PX} {_EM_PX}">'
        f'<path transform="{turn}" fill="{color or "black"}" d="{outline}"/></svg>'
    )
    number = len(list(_folder().iterdir()))
    path = _folder() / f"{key[-1].rpartition(':')[2]}-{number}.svg"
    path.write_text(text, encoding="utf-8")
    return path


def glyph_of(key: str) -> str:
    """Return the character of an icon in the Material Design font, or of one that is alike.

    Parameters
    ----------
    key : str
        ``mdi:magnify``.
    """
    from fonticon_mdi7 import MDI7

    family, _, name = key.partition(":")
    alike = _ALIKE.get(key, name.replace("-", "_") if family == "mdi" else _PLAIN)
    # The last character: what stands before it is the name of the font.
    return str(getattr(MDI7, alike, None) or getattr(MDI7, _PLAIN))[-1]


@cache
def _font() -> QtGui.QRawFont:
    from fonticon_mdi7 import MDI7

    unhinted = QtGui.QFont.HintingPreference.PreferNoHinting
    return QtGui.QRawFont(MDI7.__font_file__, _EM_PX, unhinted)


@cache
def _kept() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="saccade-icons-", ignore_cleanup_errors=True)


def _folder() -> Path:
    """Return where icons lie until the program ends."""
    return Path(_kept().name)


def _outline(path: QtGui.QPainterPath) -> str:
    """Return an outline as SVG writes it."""
    words = []
    for number in range(path.elementCount()):
        element = path.elementAt(number)
        begun = "M" if element.isMoveTo() else "L" if element.isLineTo() else ""
        if element.isCurveTo():
            begun = "C"
        words.append(f"{begun}{element.x:.2f} {element.y:.2f}")
    return " ".join(words)


def _turned(flip: str | None, rotate: str | int | None) -> str:
    quarters = {1: 90.0, 2: 180.0, 3: 270.0}
    degrees = quarters.get(rotate) if isinstance(rotate, int) else None
    if degrees is None:
        degrees = float(str(rotate or 0).removesuffix("deg"))
    across = -1 if "horizontal" in (flip or "") else 1
    down = -1 if "vertical" in (flip or "") else 1
    return f"rotate({degrees:g}) scale({across} {down})"
