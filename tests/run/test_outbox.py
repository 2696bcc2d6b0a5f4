"""The way out of a run for signals."""

from __future__ import annotations

import threading

import numpy as np
from psygnal import Signal

from saccade.run import _outbox
from saccade.testing import frame_of

WAIT_S = 30.0


class Sender:
    framed = Signal(object)


def test_a_slow_listener_cannot_fill_the_memory_with_pictures(monkeypatch) -> None:
    """Beyond a bound of bytes the oldest pictures are dropped, and counted; the newest arrive."""
    picture = np.zeros((100, 100), "uint8")
    monkeypatch.setattr(_outbox, "_ROOM_BYTES", 5 * picture.nbytes)
    sender, outbox = Sender(), _outbox.Outbox(lambda _: None)
    begun, go_on, heard = threading.Event(), threading.Event(), []

    def slowly(frame: object) -> None:
        begun.set()
        assert go_on.wait(WAIT_S)
        heard.append(frame.index)

    sender.framed.connect(slowly)
    outbox.send(sender.framed, frame_of(picture, index=0))
    assert begun.wait(WAIT_S)
    for index in range(1, 21):
        outbox.send(sender.framed, frame_of(picture, index=index))
    go_on.set()
    outbox.close()
    assert heard == [0, *range(16, 21)]
    assert outbox.dropped == 15
