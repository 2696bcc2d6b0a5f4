"""The commands that use a microscope: run and check."""

from __future__ import annotations

import time
from contextlib import closing, nullcontext
from typing import TYPE_CHECKING, Any

from saccade import app
from saccade.core import ProtocolError, SaccadeError, plain

from ._console import Exit, answer, err, named_errors, out, say
from ._follow import Tally, follow_live, follow_plainly
from ._shadow import told_shadow

if TYPE_CHECKING:
    from pathlib import Path

    from saccade.app import Protocol, Run
    from saccade.core import Scope, Verdict
    from saccade.scope import MicroManagerScope

_WAIT_S = 0.5


def run(
    path: Path,
    scope: str | None,
    folder: Path | None,
    as_json: bool,
    *,
    unattended: bool = False,
    shadow: bool = False,
    reach: bool = False,
) -> None:
    """Run a protocol file."""
    with named_errors(as_json):
        summary = play(_loaded(path, unattended, shadow), scope, folder, as_json, reach=reach)
    if as_json:
        answer(summary)
    else:
        tell_end(summary)
        say(f"  saccade verify {summary['folder']}")
    raise SystemExit(summary["exit_code"])


def check(
    path: Path,
    scope_name: str | None,
    folder: Path | None,
    as_json: bool,
    *,
    unattended: bool = False,
) -> None:
    """Check a protocol file against a scope."""
    with named_errors(as_json):
        protocol = _loaded(path, unattended)
        scope = app.open_scope(scope_name or protocol.scope, path.parent, protocol.sim)
        findings = app.check(protocol, scope.stand(), folder)
    wrong = [finding for finding in findings if finding.level == "error"]
    if as_json:
        answer({"ok": not wrong, "findings": [plain(finding) for finding in findings]})
    else:
        for finding in findings:
            say(f"{finding.level}: {finding.text} {finding.do}".rstrip())
        say("It can't run like this." if wrong else "It can run.")
    raise SystemExit(int(Exit.USAGE if wrong else Exit.FINISHED))


def arm(folder: Path) -> None:
    """Let a shadowed run of another process do what it decides."""
    with named_errors():
        app.reach(folder, "arm")
    say(f"{folder}: what is decided is done from here on")


def _loaded(path: Path, unattended: bool, shadow: bool = False) -> Protocol:
    protocol = app.load_protocol(path)
    asked = {"unattended": unattended, "shadow": shadow}
    return protocol.model_copy(update={name: True for name, is_on in asked.items() if is_on})


def play(
    protocol: Protocol,
    scope_name: str | None,
    folder: Path | None,
    as_json: bool,
    *,
    reach: bool = False,
) -> dict[str, Any]:
    """Play a protocol on the scope that it names, or another, and follow it to its end.

    Parameters
    ----------
    protocol : Protocol
        As loaded.
    scope_name : str or None
        Goes before that of the protocol.
    folder : Path or None
        Run folder; by default a new one.
    as_json : bool
        Follow it silently.
    reach : bool
        Let windows of this machine hold and stop it; see `saccade.app.Reach`.

    Returns
    -------
    dict
        What happened, as plain data.
    """
    scope = app.open_scope(scope_name or protocol.scope, protocol.folder, protocol.sim)
    return play_on(scope, protocol, folder, as_json, reach=reach)


def play_on(
    scope: MicroManagerScope,
    protocol: Protocol,
    folder: Path | None,
    as_json: bool,
    *,
    reach: bool = False,
) -> dict[str, Any]:
    """Play a protocol on a microscope that is open; otherwise as `play`."""
    _refuse_misfit(protocol, scope, folder)
    assembled = app.assemble(protocol, scope, out=folder)
    tally = Tally(assembled.run, assembled.spent, app.Pace(protocol.planned, protocol.last_due_s))
    live = out.is_terminal and not as_json
    if not live and not as_json:
        follow_plainly(assembled.run)
    began = time.monotonic()
    assembled.run.start()
    with closing(app.Reach(assembled.run, assembled.spent)) if reach else nullcontext():
        interrupted, error = _wait(assembled.run, tally, protocol, live)
    verdict = assembled.run.verdict
    for problem in scope.not_put_back:
        err.print(f"warning: not put back: {problem}", markup=False)
    return {
        "name": protocol.name,
        "scope": scope.stand().name,
        "folder": str(assembled.run.folder),
        "seconds": round(time.monotonic() - began, 2),
        "verdict": plain(verdict) if verdict else None,
        "error": str(error) if error else None,
        "frames": tally.streams,
        "decisions": tally.decisions,
        "bursts": tally.bursts,
        "refusals": tally.refusals,
        "shadowed": tally.shadow.summary() if protocol.shadow else None,
        "gaps": tally.gaps,
        "unseen": assembled.run.unseen_looks,
        "passed_over": assembled.run.dropped_looks,
        "dose_j_per_cm2": tally.dose_j_per_cm2,
        "exit_code": int(_exit(verdict, interrupted)),
    }


def _refuse_misfit(protocol: Protocol, scope: Scope, folder: Path | None) -> None:
    findings = app.check(protocol, scope.stand(), folder, start=False)
    wrong = [finding for finding in findings if finding.level == "error"]
    if wrong:
        more = f" (and {len(wrong) - 1} more; saccade check lists them)" if len(wrong) > 1 else ""
        raise ProtocolError(wrong[0].text + more, wrong[0].do)
    for finding in findings:
        if finding.level == "warning":
            err.print(f"warning: {finding.text} {finding.do}".rstrip(), markup=False)


def _wait(
    run: Run, tally: Tally, protocol: Protocol, live: bool
) -> tuple[bool, SaccadeError | None]:
    """Wait for the end, and stop the run safely at Ctrl+C; return that, and the error."""
    interrupted = False
    while True:
        try:
            if live:
                follow_live(tally, protocol.name)
            run.wait(_WAIT_S)
        except TimeoutError:
            tally.prompt.poll()
        except KeyboardInterrupt:
            interrupted = True
            err.print("Stopping safely ...")
            run.stop("interrupted")
        except SaccadeError as error:
            return interrupted, error
        else:
            return interrupted, None


def _exit(verdict: Verdict | None, interrupted: bool) -> Exit:
    if interrupted:
        return Exit.INTERRUPTED
    if verdict is None or verdict.name == "failed":
        return Exit.FAILED
    return Exit.STOPPED_BY_GUARD if verdict.by_guard else Exit.FINISHED


def tell_end(summary: dict[str, Any]) -> None:
    """Say how a run ended, in three lines."""
    verdict = summary["verdict"] or {"name": "failed", "reason": summary["error"]}
    reason = f": {verdict['reason']}" if verdict["reason"] else ""
    frames = ", ".join(f"{count} {stream}" for stream, count in summary["frames"].items())
    say(f"{summary['name']} on {summary['scope']}: {verdict['name']}{reason}")
    say(
        f"  {frames or 'no'} frames in {summary['seconds']:.1f} s; "
        f"{summary['decisions']} decisions, {summary['bursts']} bursts, "
        f"{summary['refusals']} refused, {summary['gaps']} gaps"
    )
    if summary["shadowed"]:
        say(f"  {told_shadow(summary['shadowed'])}")
    thinned = verdict.get("thinned")
    if passed := summary.get("passed_over"):
        kept = "" if thinned else "; kept all the same"
        say(f"  {passed} frames not looked at, because newer ones were there{kept}")
    if thinned:
        say(f"  {thinned} frames thinned out, as was asked for")
    if summary["unseen"]:
        say(f"  {summary['unseen']} looks missed: detectors in processes of their own were lost")
    if summary["dose_j_per_cm2"] is not None:
        say(f"  light: {summary['dose_j_per_cm2']:.3g} J/cm² at most at one position")
    say(f"  {summary['folder']}")
