"""Twenty bugs that somebody could have written into envelope, engine and store."""

from __future__ import annotations

from typing import NamedTuple


class Bug(NamedTuple):
    """A wrong piece of program in place of the right one."""

    name: str
    """What the user would suffer."""
    file: str
    """Below ``src/saccade``."""
    right: str
    """Is there exactly once."""
    wrong: str
    tests: str
    """Folder or file of tests that must find it, below ``tests``."""


BUGS = (
    # --------------------------------------------------------------------------- envelope
    Bug(
        "a stage may go beyond its upper limit",
        "guard/_limits.py",
        "if not span.low <= value <= span.high:",
        "if not span.low <= value:",
        "guard/test_limits.py",
    ),
    Bug(
        "a place is exposed once more than its dose allows",
        "guard/_dose.py",
        "place = ledger.at(self._fullest(ledger, charge)) + spare",
        "place = ledger.at(self._fullest(ledger, charge)) + spare - charge.dose",
        "guard/test_dose.py",
    ),
    Bug(
        "tries of a camera that fails are not in the ledger",
        "guard/_dose.py",
        "true = known * done.exposures",
        "true = known",
        "guard/test_dose.py",
    ),
    Bug(
        "one burst a minute too many",
        "guard/_rate.py",
        "if not action.events or len(recent) < self.actions_per_min:",
        "if not action.events or len(recent) <= self.actions_per_min:",
        "guard/test_rate.py",
    ),
    Bug(
        "many small steps go as fast as anybody likes",
        "guard/_step.py",
        "gone = known.within(axis, t_ns) + trial.within(axis, t_ns)",
        "gone = trial.within(axis, t_ns)",
        "guard/test_step.py",
    ),
    Bug(
        "a run that is stopped goes on to play its plan",
        "guard/_ladder.py",
        "if memory.rung >= _STOP:",
        "if memory.rung > _STOP:",
        "guard/test_ladder.py",
    ),
    Bug(
        "what is played is not asked about again",
        "run/_door.py",
        "return _pass(action, self._as_played, self._late)",
        "return _pass(action, [], self._late)",
        "run",
    ),
    # ----------------------------------------------------------------------------- engine
    Bug(
        "a failed snap shifts all pictures after it",
        "scope/_engine.py",
        "            self._miss((order,), error)\n            return",
        "            return",
        "scope/test_hazards_pictures.py",
    ),
    Bug(
        "a picture is filed under a place where the stage is not",
        "scope/_hand.py",
        "            return self._wrong(settings)\n",
        "            return None\n",
        "scope/test_hazards_commands.py",
    ),
    Bug(
        "pictures are taken while the stage still moves",
        "scope/_hand.py",
        "        self.wait_for(self._restless)\n",
        "",
        "scope/test_hazards_commands.py",
    ),
    Bug(
        "a setting that was changed during the exposure goes unnoticed",
        "scope/_engine.py",
        "            self._refuse_disturbed(real)\n        except StoppedError:\n",
        "        except StoppedError:\n",
        "scope/test_hazards_pictures.py",
    ),
    Bug(
        "a shutter that does not close is called closed",
        "scope/_safe.py",
        "if _comes_true(lambda: not core.getShutterOpen(label), clock):",
        "if True:",
        "scope/test_safe.py",
    ),
    Bug(
        "light that was left on for the next event is never put out",
        "scope/_lease.py",
        "                    self._run_out()\n",
        "                    self._began_ns = None\n",
        "scope/test_lease.py",
    ),
    Bug(
        "the next run inherits the region of this one",
        "scope/_before.py",
        '            ("region", lambda: self._roi(core)),\n',
        "",
        "scope/test_hazards_afterwards.py",
    ),
    # ------------------------------------------------------------------------------ store
    Bug(
        "frames are acknowledged before they are on the disk",
        "store/_commit.py",
        "        self._pixels.sync()\n"
        "        self._journal.append([entry.line for entry in started])\n",
        "        self._journal.append([entry.line for entry in started])\n"
        "        self._pixels.sync()\n",
        "store",
    ),
    Bug(
        "pixels that the disk has changed are read as if they were whole",
        "store/_pixel_reader.py",
        "if crc32(content) != stored.crc32:",
        "if False:",
        "store",
    ),
    Bug(
        "a slow disk fills the memory",
        "store/_queue.py",
        "        return held == 0 or (fits and held < self._max[1])",
        "        return held >= 0 or (fits and held < self._max[1])",
        "store/test_overload.py",
    ),
    Bug(
        "a recording goes on until nothing more fits on the disk",
        "store/_room.py",
        "return self.left_bytes - waiting_bytes < self._reserve_bytes",
        "return False",
        "store/test_room.py",
    ),
    Bug(
        "the index of a shard that was cut short is not mended",
        "store/_recover.py",
        "        if done := mend_index(self._folder, told):\n            self._mended.append(done)",
        "        del told",
        "store/test_recover.py",
    ),
    Bug(
        "a damaged line of the journal is believed",
        "store/_journal.py",
        """if tail != b',"crc":"%08x"}' % zlib.crc32(checked):""",
        "if not tail:",
        "store/test_journal.py",
    ),
)
