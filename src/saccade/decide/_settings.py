"""Settings of policies, checked where they are given."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from useq import MDAEvent

from saccade.core import NeedsError, events_of, is_number, require

if TYPE_CHECKING:
    from saccade.core import Stand


def check_seconds(setting: str, value: object) -> None:
    """Raise a `ProtocolError` unless a value is a time of zero or more."""
    ok = is_number(value) and value >= 0  # type: ignore[operator]
    require(ok, setting, value, "a number of seconds, 0 or more", "Give a time in seconds.")


def check_whole(setting: str, value: object, least: int | None = None) -> None:
    """Raise a `ProtocolError` unless a value is a whole number, and large enough."""
    ok = isinstance(value, int) and not isinstance(value, bool)
    ok = ok and (least is None or value >= least)  # type: ignore[operator]
    must = "a whole number" if least is None else f"a whole number of at least {least}"
    require(ok, setting, value, must, f"Give {must}.")


def check_thresholds(owner: str, above: object, below: object) -> None:
    """Raise a `ProtocolError` unless two thresholds are scores, the upper above the lower."""
    do = "Scores go from 0 to 1; 'above' starts it and 'below', which is lower, ends it."
    for name, value in (("above", above), ("below", below)):
        ok = is_number(value) and 0 <= value <= 1  # type: ignore[operator]
        require(ok, f"{owner}.{name}", value, "a score from 0 to 1", do)
    require(
        above > below,  # type: ignore[operator]
        f"{owner}.above",
        above,
        f"more than 'below', which is {below!r}",
        do,
    )


def check_events(setting: str, value: object) -> tuple[MDAEvent, ...]:
    """Return the events of a sequence; raise a `ProtocolError` if there are none."""
    do = "Give a useq.MDASequence, such as {channels: [FITC], time_plan: {interval: 1, loops: 60}}."
    given = isinstance(value, Iterable) and not isinstance(value, str)
    events = tuple(events_of(value)) if given else ()  # type: ignore[arg-type]
    require(
        all(isinstance(event, MDAEvent) for event in events) and bool(events),
        setting,
        value,
        "a sequence of at least one acquisition event",
        do,
    )
    return events


def check_label(owner: str, value: object) -> None:
    """Raise a `ProtocolError` unless a value can be the role of decided frames."""
    require(
        isinstance(value, str) and value not in ("", "watch"),
        f"{owner}.label",
        value,
        "a name other than 'watch', which is the plan's own",
        "Leave it out, or say what the frames are for.",
    )


def check_also(owner: str, value: object, label: str) -> None:
    """Raise a `ProtocolError` unless a value is roles of frames that others have decided on."""
    names = value if isinstance(value, (tuple, list)) else ("",)
    require(
        all(isinstance(name, str) and name not in ("", "watch", label) for name in names),
        f"{owner}.also",
        value,
        f"a list of roles other than 'watch' and {label!r}, which it hears anyway",
        "Name the label of another policy, as in [look].",
    )


def check_above_zero(setting: str, value: object, do: str) -> None:
    """Raise a `ProtocolError` unless a value is a number above zero."""
    ok = is_number(value) and value > 0  # type: ignore[operator]
    require(ok, setting, value, "a number above 0", do)


def check_movable(owner: str, stand: Stand, what: Literal["xy", "z", "exposure", "light"]) -> None:
    """Raise a `NeedsError` unless a microscope has what a policy is to correct, and lets it.

    Parameters
    ----------
    owner : str
        Name of the policy, for messages.
    stand : Stand
        The microscope.
    what : {'xy', 'z', 'exposure', 'light'}
        As in the list of what is modifiable.
    """
    there = {"xy": stand.has_xy, "z": stand.has_z}.get(what, True)
    if not there or (stand.modifiable is not None and what not in stand.modifiable):
        why = "may not be changed there" if there else "isn't there"
        raise NeedsError(
            f"{owner} can't be used on {stand.name!r}: it corrects {what}, which {why}.",
            f"List {what} as modifiable in the scope profile, or leave {owner} out.",
        )
