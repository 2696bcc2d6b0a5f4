"""Looks up what is installed among known vulnerabilities, or says why it can't.

Takes a list of requirements and a scratch folder. pip-audit goes into an environment of its own.
Exit code 1 only for a vulnerability: an index that knows of none at all is told, and no failure.
"""

import json
import subprocess
import sys
import venv
from pathlib import Path

_INSTALL_S, _LOOK_UP_S = 120, 180


def main(requirements: Path, scratch: Path) -> int:
    """Print one line of what was found; return the exit code."""
    python = scratch / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    pip = [str(python), "-m", "pip", "install", "--quiet", "--timeout", "10", "--retries", "1"]
    audit = [str(python), "-m", "pip_audit", "--requirement", str(requirements), "--no-deps"]
    audit += ["--disable-pip", "--timeout", "5", "--progress-spinner", "off", "--format", "json"]
    try:
        venv.create(scratch, with_pip=True)
        subprocess.run([*pip, "pip-audit"], check=True, capture_output=True, timeout=_INSTALL_S)
        done = subprocess.run(audit, check=False, capture_output=True, timeout=_LOOK_UP_S)
    except (OSError, subprocess.SubprocessError) as error:
        print(f"skipped: pip-audit can't be had here ({type(error).__name__})")
        return 0
    try:
        found = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        why = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        print(f"skipped: its database can't be reached ({why[:120]})")
        return 0
    known = [each for each in found if "skip_reason" not in each]
    flaws = [(each, flaw) for each in known for flaw in each["vulns"]]
    for each, flaw in flaws:
        fixed = ", ".join(flaw["fix_versions"]) or "nothing yet"
        print(f"{each['name']} {each['version']}: {flaw['id']}, fixed by {fixed}")
    if not known:
        print(f"skipped: the index here knows nothing of vulnerabilities ({len(found)} packages)")
    elif not flaws:
        print(f"no known vulnerability in {len(known)} of {len(found)} packages")
    return 1 if flaws else 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), Path(sys.argv[2])))
