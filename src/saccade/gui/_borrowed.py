"""Widgets of pymmcore-widgets, made for the microscope that is open."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from saccade.core import UsageError
from saccade.scope import import_quietly

from ._icons import draw_icons_here
from ._qt import QtCore, QtWidgets

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._core import WindowCore

_NOTHING = "This microscope has none."


@dataclass(frozen=True)
class Pane:
    """A widget that a dock or a dialog shows."""

    name: str
    title: str
    key: str
    """That opens it."""
    make: Callable[[WindowCore], QtWidgets.QWidget]
    """Raises `UsageError` where the microscope has nothing of the kind."""


def widgets() -> Any:
    """Return pymmcore_widgets, imported so that it asks no server and moves no signal.

    Raises
    ------
    UsageError
        If it is not installed.
    """
    import_quietly()
    try:
        draw_icons_here()
        import pymmcore_widgets
    except ImportError as error:
        raise UsageError(
            f"The controls of the microscope are not installed ({error}).",
            'Install them: python -m pip install "saccade[gui]"',
        ) from None
    return pymmcore_widgets


def camera(core: WindowCore) -> QtWidgets.QWidget:
    """Return exposure, channel, live view and shutters."""
    from pymmcore_plus import DeviceType

    lent = widgets()
    form = QtWidgets.QFormLayout()
    form.addRow("Exposure", lent.DefaultCameraExposureWidget(mmcore=core))
    form.addRow("Channel group", lent.ChannelGroupWidget(mmcore=core))
    form.addRow("Channel", lent.ChannelWidget(mmcore=core))
    for shutter in core.getLoadedDevicesOfType(DeviceType.Shutter):
        form.addRow(shutter, lent.ShuttersWidget(shutter, autoshutter=False, mmcore=core))
    form.addRow("Picture after picture", lent.LiveButton(mmcore=core))
    return _filled(form)


def stage(core: WindowCore) -> QtWidgets.QWidget:
    """Return the stage and below it the focus drive."""
    lent = widgets()
    levels = {core.getXYStageDevice(): 2, core.getFocusDevice(): 1}
    levels.pop("", None)
    if not levels:
        raise UsageError(_NOTHING, "")
    column = QtWidgets.QVBoxLayout()
    for device, level in levels.items():
        made = lent.StageWidget(device, level, position_label_below=True, mmcore=core)
        box = QtWidgets.QGroupBox(device)
        inner = QtWidgets.QVBoxLayout(box)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addWidget(made)
        column.addWidget(box)
        for button in made.findChildren(QtWidgets.QPushButton):
            button.setFocusPolicy(QtCore.Qt.FocusPolicy.TabFocus)  # else it is moved by mouse alone
            if (along_x := getattr(button, "xmag", None)) is not None:
                steps = f"x {along_x:+d}" if along_x else f"y {button.ymag:+d}"
                button.setAccessibleName(f"{device}: {steps} steps")
        # It would only ask now and then, if a person ticks a box.
        for moved in (core.events.XYStagePositionChanged, core.events.stagePositionChanged):
            moved.connect(made._update_position_from_core)  # noqa: SLF001
    return _filled(column)


def presets(core: WindowCore) -> QtWidgets.QWidget:
    """Return the table of groups and their presets."""
    made: QtWidgets.QWidget = widgets().GroupPresetTableWidget(mmcore=core)
    for button in made.findChildren(QtWidgets.QPushButton):
        # Another configuration would come without its profile: without limits, light and roles.
        if button.text() == "Load cfg":
            button.hide()
    return made


def region(core: WindowCore) -> QtWidgets.QWidget:
    """Return what part of the sensor is read out."""
    return widgets().CameraRoiWidget(mmcore=core)  # type: ignore[no-any-return]


def core_log(core: WindowCore) -> QtWidgets.QWidget:
    """Return what the core logs from now on, or has since it was asked to."""
    lent = widgets()
    if not core.getPrimaryLogFile():
        core.setPrimaryLogFile(str(_log_file()))
    return lent.CoreLogWidget(mmcore=core)  # type: ignore[no-any-return]


def properties(core: WindowCore) -> QtWidgets.QWidget:
    """Return the table of all properties of all devices."""
    made: QtWidgets.QWidget = widgets().PropertyBrowser(mmcore=core)
    # What can only be read has one grey on any ground.
    grey = made.palette().alternateBase()
    for table in made.findChildren(QtWidgets.QTableWidget):
        for row in range(table.rowCount()):
            item = table.item(row, 0)
            if item is not None and item.background().style() != QtCore.Qt.BrushStyle.NoBrush:
                item.setBackground(grey)
                if (value := table.cellWidget(row, 1)) is not None:
                    value.setStyleSheet("")
    return made


def pixel_size(core: WindowCore) -> QtWidgets.QWidget:
    """Return how long a pixel is with which objective."""
    return widgets().PixelConfigurationWidget(mmcore=core)  # type: ignore[no-any-return]


def objectives(core: WindowCore) -> QtWidgets.QWidget:
    """Return the objectives, to choose among."""
    lent = widgets()
    devices = core.guessObjectiveDevices()
    if not devices:
        raise UsageError(_NOTHING, "")
    form = QtWidgets.QFormLayout()
    for device in devices:
        form.addRow(device, lent.ObjectivesWidget(device, mmcore=core))
    return _filled(form)


PANES = (
    Pane("stage", "&Stage", "Ctrl+1", stage),
    Pane("camera", "&Camera", "Ctrl+2", camera),
    Pane("presets", "&Presets", "Ctrl+3", presets),
    Pane("region", "S&ensor", "Ctrl+4", region),
    Pane("log", "&Log", "Ctrl+5", core_log),
)
"""That stand beside the picture."""
DIALOGS = (
    Pane("properties", "All &properties…", "Ctrl+P", properties),
    Pane("objectives", "&Objectives…", "", objectives),
    Pane("pixel size", "Pixel si&ze…", "", pixel_size),
)
"""That come in a window of their own."""


def _filled(layout: QtWidgets.QLayout) -> QtWidgets.QWidget:
    whole = QtWidgets.QWidget()
    outer = QtWidgets.QVBoxLayout(whole)
    outer.setContentsMargins(2, 2, 2, 2)
    outer.addLayout(layout)
    outer.addStretch(1)
    return whole


@cache
def _log_folder() -> tempfile.TemporaryDirectory[str]:
    """Return where the log lies until the program ends; the core has none otherwise."""
    return tempfile.TemporaryDirectory(prefix="saccade-log-", ignore_cleanup_errors=True)


def _log_file() -> Path:
    return Path(_log_folder().name) / "core.log"
