"""Opening the window, and taking its picture."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from saccade.core import UsageError

from ._mishaps import mishaps_told
from ._session import Session

if TYPE_CHECKING:
    from pathlib import Path

    from ._bench import WindowBench
    from ._window import Window

_LABELS = "frames.csv"
"""In a folder of frames to label, and in no run."""
_SLICE_S = 0.02
_BEGIN_S = 120.0


def bench_window(**settings: Any) -> WindowBench:
    """Measure the window; as `saccade.gui._bench.bench_window`, once Qt is known to be there."""
    _application()
    from ._bench import bench_window as bench

    return bench(**settings)


def pictures(folder: Path, protocol: Path, **settings: Any) -> tuple[Path, ...]:
    """Write pictures of every view; as `saccade.gui._pictures.pictures`, once Qt is there."""
    _application()
    from ._pictures import pictures as draw

    return draw(folder, protocol, **settings)


def open_window(
    path: Path | None = None,
    scope: str | None = None,
    out: Path | None = None,
    *,
    until_painted: bool = False,
    reset_layout: bool = False,
    theme: str | None = None,
) -> int:
    """Open the window, and return when it is closed.

    Parameters
    ----------
    path : Path, optional
        Protocol, loaded at once; or the folder of a run, to look back at; or one of frames to
        label, as `saccade label` writes it.
    scope : str, optional
        Goes before that of the protocol.
    out : Path, optional
        Run folder; by default a new one for each run.
    until_painted : bool
        Close it as soon as it has been painted, to measure how long that takes.
    reset_layout : bool
        Arrange it as at first.
    theme : {'system', 'light', 'dark'}, optional
        Goes before the one that was chosen in the window.

    Returns
    -------
    int
        Exit status.
    """
    if path is not None and path.is_dir():
        show = _label if (path / _LABELS).is_file() else _look_back
        return show(path, theme)
    application, window = _made(path, Session(scope, out))
    if until_painted:
        window.painted.connect(application.quit)  # type: ignore[attr-defined]
    window.looks.take_up(reset=reset_layout, theme=theme)
    return _shown(application, window)


def follow_run(folder: Path) -> int:
    """Follow a run that another process drives, and return when the window is closed.

    Parameters
    ----------
    folder : Path
        Of the run.

    Returns
    -------
    int
        Exit status.

    Raises
    ------
    FolderError
        If it is no run folder.
    """
    from ._attached import AttachedSession

    application, window = _made(None, AttachedSession(folder))
    window.setWindowTitle(f"{folder.name} (followed) - Saccade")
    window.looks.take_up()
    return _shown(application, window)


def run_in_window(
    protocol: Path,
    scope: str | None = None,
    out: Path | None = None,
    *,
    unattended: bool = False,
    shadow: bool = False,
) -> int:
    """Run a protocol in the window, and return when that is closed.

    Parameters
    ----------
    protocol, scope, out
        As of `open_window`.
    unattended, shadow : bool
        As of `saccade.Run`.

    Returns
    -------
    int
        Exit status.
    """
    application, window = _made(protocol, Session(scope, out, unattended=unattended))
    window.looks.take_up()
    if window.session.protocol is not None:
        window.begin(shadow=shadow)
    return _shown(application, window)


def _shown(application: object, window: Window) -> int:
    window.show()
    try:
        with mishaps_told(window.alerts.tell_error):
            return int(application.exec())  # type: ignore[attr-defined]
    finally:
        window.session.close()


def _label(path: Path, theme: str | None) -> int:
    application = _application()
    _paint(application, theme)
    from ._label_window import LabelWindow, labels_of

    window = LabelWindow(labels_of(path))
    window.show()
    return int(application.exec())  # type: ignore[attr-defined]


def _paint(application: object, theme: str | None) -> None:
    """Paint a window that keeps no layout of its own as those that do."""
    from ._layout import read_layout
    from ._theme import Theme

    Theme(application).use(theme or read_layout()[0].theme)  # type: ignore[arg-type]


def _look_back(path: Path, theme: str | None) -> int:
    from ._recall import Recall

    recall = Recall(path)
    application = _application()
    _paint(application, theme)
    from ._look_back import LookBack

    window = LookBack(recall)
    window.show()
    return int(application.exec())  # type: ignore[attr-defined]


def picture(
    file: Path,
    protocol: Path,
    *,
    scope: str | None = None,
    out: Path | None = None,
    seconds: float = 10.0,
    size: tuple[int, int] = (1366, 768),
    theme: str = "light",
) -> None:
    """Run a protocol for a while, and write what the window looks like then; nobody need watch.

    Parameters
    ----------
    file : Path
        PNG that is written.
    protocol : Path
        That is armed and run, and stopped after the picture.
    scope, out
        As of `open_window`.
    seconds : float
        From the first frame to the picture.
    size : tuple of int
        Of the window.
    theme : {'light', 'dark', 'system'}
        In which it is painted.

    Raises
    ------
    SaccadeError
        What keeps the protocol from running.
    """
    application, window = _made(protocol, Session(scope, out))
    window.looks.use_theme(theme)
    window.resize(*size)
    window.show()
    try:
        _wait(application, window, lambda: window.session.protocol is not None)
        window.session.arm()
        _wait(application, window, lambda: window.session.armed)
        window.session.run()
        until_s = time.monotonic() + seconds
        _wait(application, window, lambda: time.monotonic() > until_s or window.session.state.ended)
        window.alerts.hide()  # it tells of folders, which are nobody's business
        application.processEvents()  # type: ignore[attr-defined]
        if not window.grab().save(str(file)):
            raise UsageError(f"{file} can't be written.", "Name a .png in a folder that exists.")
    finally:
        window.session.stop("the picture was taken")
        window.session.close()
        window.close()
        application.processEvents()  # type: ignore[attr-defined]


def _wait(application: object, window: Window, until: object) -> None:
    deadline_s = time.monotonic() + _BEGIN_S
    while not until():  # type: ignore[operator]
        application.processEvents()  # type: ignore[attr-defined]
        if (error := window.session.take_error()) is not None:
            raise error
        if time.monotonic() > deadline_s:
            raise UsageError("The run did not begin.", "Run it with saccade run, and see why.")
        time.sleep(_SLICE_S)
    application.processEvents()  # type: ignore[attr-defined]


def _made(protocol: Path | None, session: Session) -> tuple[object, Window]:
    application = _application()
    from ._window import Window

    window = Window(session)
    if protocol is not None:
        window.load(protocol)
    return application, window


def _application() -> object:
    try:
        from ._qt import QtWidgets
    except ImportError as error:
        raise UsageError(
            f"The window needs Qt, which is not installed ({error}).",
            'Install it: python -m pip install "saccade[gui]"',
        ) from None
    if (made := QtWidgets.QApplication.instance()) is not None:
        return made
    from ._qt_messages import hush

    hush()
    return QtWidgets.QApplication(sys.argv[:1])
