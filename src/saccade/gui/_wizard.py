"""The wizard that writes a Micro-Manager configuration, on a core of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from saccade.core import UsageError

from ._borrowed import widgets

if TYPE_CHECKING:
    from ._qt import QtWidgets


def open_wizard(parent: QtWidgets.QWidget) -> QtWidgets.QWizard:
    """Show the wizard; the microscope of the window is closed before.

    It loads devices to ask them what they can do, which no two cores can do at once.

    Parameters
    ----------
    parent : QWidget
        Over which it is shown.

    Raises
    ------
    UsageError
        If Micro-Manager's device adapters are nowhere.
    """
    lent = widgets()
    from pymmcore_plus import CMMCorePlus, find_micromanager

    folder = find_micromanager()
    if folder is None:
        raise UsageError(
            "Micro-Manager's device adapters are not installed.",
            "Install them: mmcore install; or set MICROMANAGER_PATH to where they are.",
        )
    core = CMMCorePlus(mm_path=str(folder))
    wizard: QtWidgets.QWizard = lent.ConfigWizard(core=core, parent=parent)
    wizard.finished.connect(lambda _: core.unloadAllDevices())
    wizard.resize(wizard.sizeHint().boundedTo(parent.size() * 0.95))
    wizard.show()
    return wizard
