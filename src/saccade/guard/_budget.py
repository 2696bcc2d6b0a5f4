"""How long a run may take, how many frames, and how much of the disk."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar, Self

import numpy as np

from saccade.core import Action, Frame, Gap, Refusal, Stand, is_number, require

from ._events import SECOND_NS, SLACK, name_of, pictures, timed

_MB = 1_000_000
_LINES_BYTES = 2_000
"""Lines of the journal that a frame brings with it."""


@dataclass
class _Book:
    frame_bytes: int = _LINES_BYTES
    """Of the largest frame that may come."""
    began_ns: int | None = None
    frames: int = 0
    spent_bytes: int = 0
    under_way: int = 0
    """Pictures that were played and have become no frame yet."""
    cameras: int = 1
    """That expose together, each with a picture."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Budget:
    """Refuses what would come after a time, or need more frames or disk than the run may have.

    A picture counts as it is played, with the size of a full frame, and then with that of
    the frame that it became; one that became a gap does not count.

    Parameters
    ----------
    time_s : float, optional
        Time from the first event at which nothing more begins.
    frames : int, optional
        Number of frames.
    disk_mb : float, optional
        Pixels and journal lines, uncompressed, in millions of bytes.

    Raises
    ------
    ProtocolError
        If a setting can't be used, or nothing is limited.
    """

    as_played: ClassVar[bool] = True

    time_s: float | None = None
    frames: int | None = None
    disk_mb: float | None = None
    _book: _Book = field(default_factory=_Book, init=False, repr=False)

    def __post_init__(self) -> None:
        for name in ("time_s", "disk_mb"):
            value = getattr(self, name)
            require(
                value is None or (is_number(value) and value > 0),
                f"Budget.{name}",
                value,
                "a number above 0",
                "Leave it out for no limit.",
            )
        whole = isinstance(self.frames, int) and not isinstance(self.frames, bool)
        require(
            self.frames is None or (whole and self.frames > 0),
            "Budget.frames",
            self.frames,
            "a whole number above 0",
            "Leave it out for no limit.",
        )
        require(
            any(each is not None for each in (self.time_s, self.frames, self.disk_mb)),
            "Budget",
            {},
            "told what to limit",
            "Give time_s, frames or disk_mb.",
        )

    def learn(self, stand: Stand) -> None:
        """Take the size of a full frame, and begin anew.

        Parameters
        ----------
        stand : Stand
            The microscope.
        """
        height, width = stand.shape_px
        size = height * width * np.dtype(stand.dtype).itemsize + _LINES_BYTES
        cameras = max(1, len(stand.cameras))
        object.__setattr__(self, "_book", _Book(size, cameras=cameras))

    def __call__(self, action: Action) -> Action | Refusal:
        """Return the action, or why it may not leave.

        Parameters
        ----------
        action : Action
            Planned or decided.
        """
        return self._too_late(action) or self._too_many(action) or action

    def commit(self, action: Action) -> None:
        """Count an action that passed every guard and is played now.

        Parameters
        ----------
        action : Action
            Planned or decided.
        """
        book = self._book
        for _ in range(book.under_way):  # nobody told what became of them
            self._take(book.frame_bytes)
        book.under_way = self._pictures(action)
        if action.events and book.began_ns is None:
            book.began_ns = action.t_ns

    def settle(self, done: Frame | Gap) -> None:
        """Count a frame with its own size, and a gap not at all.

        Parameters
        ----------
        done : Frame or Gap
            What the next picture has become.
        """
        book = self._book
        if isinstance(done, Frame):
            size = done.pixels.nbytes + _LINES_BYTES
            book.frame_bytes = max(book.frame_bytes, size)
            self._take(size)
        book.under_way = max(0, book.under_way - 1)

    @property
    def frames_left(self) -> int | None:
        """Number of frames that may still come; None without a limit."""
        used = self._book.frames + self._book.under_way
        return None if self.frames is None else max(0, self.frames - used)

    @property
    def bytes_left(self) -> int | None:
        """Bytes of disk that are left; None without a limit."""
        if self.disk_mb is None:
            return None
        used = self._book.spent_bytes + self._book.under_way * self._book.frame_bytes
        return max(0, int(self.disk_mb * _MB * SLACK) - used)

    def fresh(self) -> Self:
        """Return a guard with the same settings and nothing spent."""
        return replace(self)

    def _pictures(self, action: Action) -> int:
        return pictures(action) * self._book.cameras

    def _take(self, size: int) -> None:
        self._book.frames += 1
        self._book.spent_bytes += size

    def _too_late(self, action: Action) -> Refusal | None:
        if self.time_s is None:
            return None
        began_ns = action.t_ns if self._book.began_ns is None else self._book.began_ns
        for number, (t_ns, _) in enumerate(timed(action), 1):
            after_s = (t_ns - began_ns) / SECOND_NS
            if not after_s <= self.time_s * SLACK:
                reason = f"{name_of(action, number)} would come {after_s:g} s into the run"
                return Refusal(action, "Budget", reason, f"events until {self.time_s:g} s")
        return None

    def _too_many(self, action: Action) -> Refusal | None:
        count = self._pictures(action)
        frames = self.frames_left
        if frames is not None and not count <= frames:
            reason = f"{action.label!r} takes {_frames(count)}; {frames} of {self.frames} are left"
            return Refusal(action, "Budget", reason, _frames(frames))
        left, size = self.bytes_left, self._book.frame_bytes
        if left is not None and not count * size <= left:
            reason = (
                f"{action.label!r} needs {count * size / _MB:.4g} MB;"
                f" {left / _MB:.4g} of {self.disk_mb:g} MB are left"
            )
            return Refusal(action, "Budget", reason, _frames(left // size))
        return None


def _frames(count: int) -> str:
    return "1 frame" if count == 1 else f"{count} frames"
