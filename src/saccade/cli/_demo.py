"""The demonstration: a run, its proof, and what it was worth."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from saccade import app
from saccade.store import verify as verify_folder

from ._console import Exit, answer, named_errors, say
from ._play import play_on, tell_end

if TYPE_CHECKING:
    from saccade.app import Protocol, Worth
    from saccade.sim import World
    from saccade.store import Report

_MONTAGE = "montage.png"


def demo(folder: Path | None, camera: bool, as_json: bool) -> None:
    """Run the shipped demonstration, verify it, and say what it was worth and what to type next."""
    with named_errors(as_json):
        protocol = app.demo_protocol(camera=camera)
        scope = app.open_scope(protocol.scope, protocol.folder, protocol.sim)
        summary = play_on(scope, protocol, folder, as_json)
        report = verify_folder(summary["folder"])
        summary |= {"verified": report.ok, "problems": list(report.problems)}
        worth = None
        if scope.world is not None and summary["exit_code"] == Exit.FINISHED:
            worth, summary["montage"] = _look_back(summary["folder"], protocol, scope.world)
            summary["worth"] = worth.plain()
    if as_json:
        answer(summary)
    else:
        _tell(summary, report, worth, app.demo_file(camera=camera))
    raise SystemExit(summary["exit_code"] if report.ok else int(Exit.FAILED))


def _look_back(folder: str, protocol: Protocol, world: World) -> tuple[Worth, str | None]:
    """Return what the run was worth, and where its best catch is drawn."""
    hindsight = app.Hindsight(Path(folder), protocol, world)
    best = hindsight.best()
    if best is None:
        return hindsight.worth(), None
    montage = Path(folder) / _MONTAGE
    app.draw_montage(hindsight, best, montage)
    return hindsight.worth(), str(montage)


def _tell(summary: dict[str, Any], report: Report, worth: Worth | None, file: Path) -> None:
    tell_end(summary)
    say(f"  {'verified: every frame is there' if report.ok else '; '.join(report.problems)}")
    if worth is not None:
        _tell_worth(worth)
    if summary.get("montage"):
        say(f"  a caught one, beside what the fixed rate had of it: {summary['montage']}")
    say("Next:")
    say(f"  saccade replay {summary['folder']}      decide again from the stored frames")
    if worth is None:
        say(f"  saccade export {summary['folder']} --ome-tiff tiffs")
        say(f"  saccade run {file}")
    else:
        say(f"  saccade score {file} --runs 4      the same in worlds that it has not seen")


def _tell_worth(worth: Worth) -> None:
    run, fixed = worth.run, worth.fixed
    say(f"What it was worth, by the truth of the simulation ({run.hours:.1f} h of its time):")
    say(
        f"  Saccade    {run.watched_caught} of {run.watched} divisions in view caught, "
        f"{_share(run.share)} of their time at {worth.fast_s:g} s or faster"
    )
    say(
        f"  fixed rate {fixed.watched_caught} of {fixed.watched}, {_share(fixed.share)}: "
        f"the same light is a frame every {worth.fixed_s:.0f} s"
    )
    say(f"  all of it at {worth.fast_s:g} s would take {worth.fast_doses:.1f} times the light")


def _share(share: float) -> str:
    return "none" if math.isnan(share) else f"{share:.0%}"
