"""What the user would have suffered from a hardware autofocus that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scope_rig import Rig
from useq import HardwareAutofocus, MDAEvent

if TYPE_CHECKING:
    from saccade.testing import FaultyCore

FOCUS = MDAEvent(action=HardwareAutofocus(autofocus_motor_offset=None, max_retries=2), z_pos=2.0)


def test_a_failed_autofocus_is_told_and_the_run_goes_on(core: FaultyCore) -> None:
    """An autofocus that fails at every try takes no index, and is in the journal."""
    core.fault("fullFocus", times=None)
    sink = Rig(core).play([MDAEvent(z_pos=1.0), FOCUS, MDAEvent(z_pos=2.0)])
    assert sink.indices == [0, 1]
    assert not sink.gaps
    assert "The hardware autofocus failed: Planned fault" in str(sink.of("failure"))
    assert [frame.z_um for frame in sink.frames] == [1.0, 2.0]


def test_what_the_autofocus_found_is_kept_for_its_position(core: FaultyCore) -> None:
    """After a correction of one position, its frames are taken there, and no other's."""
    found_um = 3.0

    def focus() -> None:
        core.setPosition(core.getPosition() + found_um)

    core.fullFocus = focus
    at = [{"index": {"p": p}, "z_pos": 2.0} for p in (0, 1)]
    focus_first = FOCUS.model_copy(update=at[0])
    run_events = [focus_first, MDAEvent(**at[0]), MDAEvent(**at[1]), MDAEvent(**at[0])]
    rig = Rig(core)
    rig.begin(run_events).wait(20)
    assert [frame.z_um for frame in rig.sink.frames] == [5.0, 2.0, 5.0]


def test_an_autofocus_that_can_not_be_reached_ends_no_run(core: FaultyCore) -> None:
    """If the focus drive can't go where the autofocus is to begin, that is told, too."""
    core.fault("setPosition", times=3)
    sink = Rig(core).play([FOCUS, MDAEvent()])
    assert sink.indices == [0]
    assert "Planned fault of setPosition" in str(sink.of("failure"))
