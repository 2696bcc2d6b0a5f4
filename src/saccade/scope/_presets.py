"""What the presets of a microscope set."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pymmcore_plus import CMMCorePlus


class Part(NamedTuple):
    """One property that a preset sets."""

    group: str
    preset: str
    device: str
    property: str
    value: str


def preset_parts(core: CMMCorePlus, groups: Iterable[str] | None = None) -> Iterator[Part]:
    """Yield all that presets set, in the order in which the core has them.

    Parameters
    ----------
    core : CMMCorePlus
        The microscope, which is only asked.
    groups : iterable of str, optional
        By default all.
    """
    for group in core.getAvailableConfigGroups() if groups is None else groups:
        for preset in core.getAvailableConfigs(group):
            for device, name, value in core.getConfigData(group, preset):
                yield Part(group, str(preset), str(device), str(name), str(value))


def channel_parts(core: CMMCorePlus) -> Iterator[Part]:
    """Yield all that the presets of the channel group set; nothing if there is no such group."""
    group = core.getChannelGroup()
    return preset_parts(core, (group,) if group else ())
