"""A protocol against the scope that it is meant for, without touching anything."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from saccade.core import (
    Action,
    Learns,
    Refusal,
    SaccadeError,
    UsageError,
    did_you_mean,
    events_of,
    needs_of,
    unmet,
)
from saccade.guard import Limits, Modifiable
from saccade.isolate import Isolated
from saccade.run import (
    Chain,
    Door,
    as_watched,
    blank,
    check_camera,
    count_again,
    in_turns,
    name_of,
)

from ._notices import notifying, teller
from ._parts import arbiter_of, build_parts
from ._usage import told_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from useq import MDAEvent

    from saccade.core import Detector, Guard, Stand
    from saccade.run import Eye, Rule

    from ._parts import Parts
    from ._protocol import Protocol

_MOST_EVENTS = 200_000
_FRAME_OVERHEAD_BYTES = 2_000
"""Lines of the journal that a frame brings with it."""


@dataclass(frozen=True)
class Finding:
    """One thing that the check found."""

    level: Literal["error", "warning", "fact"]
    text: str
    do: str = ""


def check(
    protocol: Protocol, stand: Stand, out: Path | None = None, *, start: bool = True
) -> tuple[Finding, ...]:
    """Return what speaks against running a protocol on a stand, and what it will cost.

    Parameters
    ----------
    protocol : Protocol
        As loaded; its parts are made anew.
    stand : Stand
        The microscope, as it is now.
    out : Path, optional
        Where the run folder would go.
    start : bool
        Whether to start detectors in processes of their own, as the run will.

    Raises
    ------
    UsageError
        If a part does not fit the stand at all.
    """
    parts = build_parts(protocol.spec())
    watch = _events(protocol.watch)
    bursts = {f"burst {number}": _events(each) for number, each in enumerate(parts.bursts)}
    plans = {"watch": watch, **bursts}
    findings: list[Finding] = []
    for name, plan in plans.items():
        findings += _presets(name, plan, stand)
        findings += _axes(name, plan, stand)
        findings += _within(name, plan, stand)
    for name, eye in parts.eyes.items():
        if eye.channel is not None and stand.channels and eye.channel not in stand.channels:
            what = f"The detector {name!r} looks at the channel {eye.channel!r}, which isn't there."
            findings.append(Finding("error", what, did_you_mean(eye.channel, stand.channels)))
        findings += _seen_by(f"The detector {name!r}", eye.camera, stand)
        findings += _needed(name, eye, watch, stand)
        findings += _starts(name, eye.detector, stand) if start else ()
    for number, rule in enumerate(parts.rules):
        findings += _seen_by(f"decide.{number}", rule.camera, stand)
    findings += _fits(parts.rules, watch, stand)
    findings += _guarded(watch, parts.guards, stand)
    findings += _recording(watch, stand)
    findings += _streamed(protocol, watch, stand)
    findings += _disk(watch, stand, out)
    findings += _supervised(protocol, stand)
    findings += _told(parts.rules)
    findings += _claimed(parts, protocol)
    findings += [Finding("warning", text) for text in protocol.warnings()]
    return tuple(dict.fromkeys(findings))


def _events(plan: Iterable[MDAEvent]) -> tuple[MDAEvent, ...]:
    return tuple(islice(events_of(plan), _MOST_EVENTS))


def _presets(name: str, plan: Sequence[MDAEvent], stand: Stand) -> Iterator[Finding]:
    for event in plan:
        channel = event.channel
        if channel is None:
            continue
        known = stand.details.get("groups", {}).get(channel.group, stand.channels)
        if channel.config not in known:
            yield Finding(
                "error",
                f"{name}: there is no preset {channel.config!r} in {channel.group!r}.",
                did_you_mean(channel.config, known),
            )
        elif channel.config in stand.details.get("turning_presets", {}).get(channel.group, ()):
            yield Finding(
                "error",
                f"{name}: preset {channel.config!r} of {channel.group!r} would turn the turret.",
                "Take the turret out of it; ask for an objective by its name (setup: properties).",
            )


def _axes(name: str, plan: Sequence[MDAEvent], stand: Stand) -> Iterator[Finding]:
    for event in plan:
        if (event.x_pos is not None or event.y_pos is not None) and not stand.has_xy:
            yield Finding("error", f"{name}: it moves in XY, but there is no XY stage.")
        if event.z_pos is not None and not stand.has_z:
            yield Finding("error", f"{name}: it moves in Z, but there is no focus drive.")


def _seen_by(what: str, camera: str | None, stand: Stand) -> Iterator[Finding]:
    """Yield that somebody names a camera which isn't there."""
    try:
        check_camera(what, camera, stand)
    except UsageError as error:
        yield Finding("error", error.what, error.do)


def _within(name: str, plan: Sequence[MDAEvent], stand: Stand) -> Iterator[Finding]:
    door = Door((Modifiable(), Limits()))
    door.learn(stand)
    for event in plan:
        answer = door.let_through(Action((event,), name))
        if isinstance(answer, Refusal):
            yield Finding("error", f"{name}: {answer.reason}.", f"Allowed: {answer.allowed}.")
            return


def _starts(name: str, detector: Detector, stand: Stand) -> Iterator[Finding]:
    """Start a detector in a process of its own, as the run will."""
    if not isinstance(detector, Isolated):
        return
    try:
        detector.learn(stand)
        detector.warm(blank(stand))
    except SaccadeError as error:
        yield Finding("error", f"The detector {name!r}: {error.what}", error.do)
    else:
        yield Finding("fact", f"The detector {name!r} starts in a process of its own.")
    finally:
        detector.close()


def _needed(name: str, eye: Eye, plan: Sequence[MDAEvent], stand: Stand) -> Iterator[Finding]:
    """Yield what the microscope and the plan can't give a detector."""
    times = {event.index.get("t", 0) for event in plan}
    stand = as_watched(stand, plan[0] if plan else None)
    for needs in needs_of(eye.detector):
        for problem in unmet(needs, stand, eye.channel, len(times) or None):
            text = f"The detector {name!r} can't be used here: {problem.text}."
            yield Finding("error", text, problem.hint)


def _fits(rules: Sequence[Rule], plan: Sequence[MDAEvent], stand: Stand) -> Iterator[Finding]:
    """Let each policy learn what microscope it is for, as the run will; yield what it refuses."""
    stand = as_watched(stand, plan[0] if plan else None)
    for rule in rules:
        if isinstance(rule.policy, Learns):
            try:
                rule.policy.learn(stand)
            except SaccadeError as error:
                yield Finding("error", error.what, error.do)


def _guarded(
    plan: Sequence[MDAEvent], guards: tuple[Guard, ...], stand: Stand
) -> Iterator[Finding]:
    """Play the plan through new guards, as if nothing were decided."""
    door = Door(guards)
    door.learn(stand)
    refused, first = 0, None
    for event in plan:
        t_ns = round((event.min_start_time or 0.0) * 1e9)
        answer = door.let_through(Action((event,), "watch", t_ns=t_ns))
        if isinstance(answer, Refusal):
            refused, first = refused + 1, first or answer
    if first is not None:
        text = f"{first.guard} refuses {refused} events of the plan itself: {first.reason}."
        yield Finding("error", text, f"Allowed: {first.allowed}." if first.allowed else "")
    for guard in guards:
        if (spent := getattr(guard, "spent_j_per_cm2", None)) is not None:
            yield Finding("fact", f"The plan itself gives {spent:.3g} J/cm² at one position.")
        if hang := getattr(guard, "hang_j_per_cm2", 0.0):
            yield Finding("fact", _hanging(hang, kept=getattr(guard, "hangs", False)))


def _hanging(j_per_cm2: float, *, kept: bool) -> str:
    """Return what light may shine in vain, and whether the budget holds in spite of it."""
    if kept:
        return f"Room for {j_per_cm2:.3g} J/cm² is kept, in case a device hangs in the light."
    text = f"A device that hangs in the light may add up to {j_per_cm2:.3g} J/cm² to the budget"
    return f"{text}; Dose keeps room for it with hangs: true, less with shorter timeouts."


def _recording(plan: Sequence[MDAEvent], stand: Stand) -> Iterator[Finding]:
    yield from (Finding("fact", note) for note in stand.details.get("notes", ()))
    sizes: Mapping[str, int] = stand.details.get("sizes", {})
    if not sizes:
        return
    last = max((event.index.get("t", 0) for event in plan), default=0)
    if last >= sizes.get("T", 1):
        yield Finding(
            "warning",
            f"The recording has {sizes.get('T', 1)} times, the plan {last + 1}; "
            "the run ends with the recording.",
        )


def _streamed(protocol: Protocol, plan: Sequence[MDAEvent], stand: Stand) -> Iterator[Finding]:
    """Yield what keeps the camera from running by itself."""
    if protocol.mode != "stream":
        return
    if stand.cameras:
        text = f"The mode 'stream' is for one camera, not for {', '.join(stand.cameras)} together."
        yield Finding("error", text, "Use the mode 'inline' or 'lagged'.")
    elif not stand.streams:
        text = f"The camera of {stand.name!r} can't run by itself, as the mode 'stream' wants it."
        yield Finding("error", text, "Use the mode 'lagged'.")
    elif plan and not (again := count_again(plan)):
        yield Finding(
            "error",
            "No picture of the plan is the one before once more, at once: "
            "the camera would never run by itself, as the mode 'stream' wants it.",
            "Say interval: 0, and one channel, place and plane at a time; or use 'lagged'.",
        )
    elif plan:
        text = f"The camera takes {again} of {len(plan)} planned frames by itself, at its own rate."
        yield Finding("fact", text)
        yield from _held_back(protocol, plan, stand)


def _held_back(protocol: Protocol, plan: Sequence[MDAEvent], stand: Stand) -> Iterator[Finding]:
    """Yield whether what is held back fits, at the highest rate that the exposure allows."""
    if (keep := protocol.record.keep) is None:
        return
    exposure_ms = min(event.exposure or stand.exposure_ms for event in plan)
    height, width = stand.shape_px
    mb_per_s = height * width * np.dtype(stand.dtype).itemsize / 2**20 * 1e3 / exposure_ms
    needed_mb = keep.before_s * mb_per_s
    if needed_mb > keep.memory_mb:
        yield Finding(
            "warning",
            f"record.keep: {keep.before_s:g} s of frames may be {needed_mb:.0f} MB, and "
            f"{keep.memory_mb:g} MB may be held back: that lasts for as little as "
            f"{keep.memory_mb / mb_per_s:.2f} s.",
            "Give it more memory_mb, a shorter before_s, or a longer exposure.",
        )


def _disk(plan: Sequence[MDAEvent], stand: Stand, out: Path | None) -> Iterator[Finding]:
    count = len(plan) * max(1, len(stand.cameras))
    height, width = stand.shape_px
    frame_bytes = height * width * np.dtype(stand.dtype).itemsize + _FRAME_OVERHEAD_BYTES
    place = (out or Path("runs")).absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    needed = count * frame_bytes
    room = f"{told_bytes(needed)} of the {told_bytes(free)} free at {place}"
    text = f"{count} planned frames need {room}."
    if needed > free:
        yield Finding("error", text, "Choose another disk, or plan fewer frames.")
    elif needed > free / 2:
        yield Finding("warning", text, "Bursts come on top.")
    else:
        yield Finding("fact", text)


def _supervised(protocol: Protocol, stand: Stand) -> Iterator[Finding]:
    path = stand.details.get("light_path")
    if not protocol.unattended:
        return
    if _in_virtual_time(stand):
        yield Finding(
            "fact", "In virtual time an unattended run has no supervisor: no light is on."
        )
    elif path is None:
        yield Finding(
            "warning",
            "The supervisor has no path of its own to the light: if this program dies or hangs, "
            "it can only say so, and the light may stay on.",
            "Give the profile a supervisor, as hardware_configs/README.md says.",
        )
    else:
        yield Finding(
            "fact",
            f"If this program dies or hangs, the supervisor puts the light out through {path}; "
            "the run begins with a test of that.",
        )


def _told(rules: tuple[Rule, ...]) -> Iterator[Finding]:
    for policy in notifying(rules):
        try:
            teller(policy.to, _mute)
        except UsageError as error:
            yield Finding("error", error.what, error.do)


def _claimed(parts: Parts, protocol: Protocol) -> Iterator[Finding]:
    """Yield what several policies would set, or take, with nothing that says whose turn it is."""
    try:
        arbiter = arbiter_of(protocol)
        Chain(dict(parts.eyes) or None, parts.rules).rights(arbiter)
    except UsageError as error:
        yield Finding("error", error.what, error.do)
    else:
        rules = [replace(each, name=each.name or name_of(each.policy)) for each in parts.rules]
        yield from (Finding("warning", text) for text in in_turns(rules, arbiter))


def _mute(_: str) -> None:
    """Tell nobody: a check sends nothing."""


def _in_virtual_time(stand: Stand) -> bool:
    return bool(stand.details.get("sim", {}).get("clock") == "virtual")
