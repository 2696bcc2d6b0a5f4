"""What an action asks for, in a few words for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def told_action(action: Mapping[str, Any]) -> str:
    """Return what an action asks for.

    Parameters
    ----------
    action : mapping
        As `saccade.core.plain` makes it, and the journal holds it.
    """
    if action.get("interval_s") is not None:
        return f"an interval of {action['interval_s']:g} s"
    if action.get("correction") is not None:
        return f"the plan corrected: {_corrected(action['correction'])}"
    if settings := [text for event in action["events"] for text in _set(event)]:
        return ", ".join(settings)
    return f"{action['label']} of {len(action['events'])}"


def _set(event: Mapping[str, Any]) -> list[str]:
    """Return what an event sets that takes no picture."""
    if event.get("action", {}).get("type") != "custom":
        return []
    return [f"{device}.{name} = {value}" for device, name, value in event.get("properties") or ()]


def _corrected(correction: Mapping[str, Any]) -> str:
    axes = ((name, correction.get(f"{name}_um")) for name in "xyz")
    parts = [f"{name} {value:+.2f} µm" for name, value in axes if value is not None]
    if (times := correction.get("light_times")) is not None:
        parts.append(f"light x {times:.3g}")
    if (times := correction.get("exposure_times")) is not None:
        parts.append(f"exposure x {times:.3g}")
    return ", ".join(parts)
