"""The kinds of files that a stranger may send: how a case is made, and how it is used."""

from __future__ import annotations

import hashlib
import json
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from mutations import TOKENS, as_json, as_yaml, damage_bytes, damage_document

if TYPE_CHECKING:
    from random import Random

CONFIGS = Path(__file__).parents[2] / "hardware_configs"


class Kind:
    """One kind of file."""

    def __init__(self, seeds: Path) -> None:
        self.seeds = seeds

    def make(self, rng: Random, folder: Path) -> Path:
        """Write a case into an empty folder; return what is to be opened."""
        raise NotImplementedError

    def use(self, path: Path) -> None:
        """Do with it whatever the program does; only a `SaccadeError` may come of it."""
        raise NotImplementedError


class Yaml(Kind):
    """A YAML file with a whole one as its seed."""

    pattern = ""

    def __init__(self, seeds: Path) -> None:
        super().__init__(seeds)
        files = [*sorted(CONFIGS.glob(self.pattern)), *sorted(seeds.glob("*.yaml"))]
        self.texts = [file.read_bytes() for file in files]
        self.documents = [yaml.safe_load(text) for text in self.texts]

    def make(self, rng: Random, folder: Path) -> Path:
        path = folder / "case.yaml"
        if rng.random() < 0.4:
            path.write_bytes(damage_bytes(rng, rng.choice(self.texts)))
        else:
            content = as_yaml(damage_document(rng, rng.choice(self.documents)))
            path.write_bytes(damage_bytes(rng, content) if rng.random() < 0.2 else content)
        return path


class ProtocolFile(Yaml):
    """What `saccade run` and `check` begin with."""

    pattern = "protocols/*.yaml"

    def use(self, path: Path) -> None:
        from saccade.app import load_protocol
        from saccade.app._parts import build_parts
        from saccade.app._protocol import protocol_of

        protocol = load_protocol(path)
        assert protocol.planned is None or protocol.planned > 0
        assert protocol_of(json.loads(json.dumps(protocol.resolved()))) == protocol
        protocol.warnings()
        build_parts(protocol.spec())


class ProfileFile(Yaml):
    """What ``--scope`` names."""

    pattern = "*.yaml"

    def use(self, path: Path) -> None:
        from saccade.scope import load_profile

        profile = load_profile(path)
        for light in profile.light_sources():
            assert 0 < light.power_mw < float("inf")
            assert 0 < light.area_cm2 < float("inf")
        for span in profile.spans().values():
            assert span.low <= span.high
        profile.manners()
        if profile.micromanager is not None:
            profile.config_file()
            profile.adapters()
        profile.supervision()


class CfgFile(Kind):
    """A Micro-Manager configuration, loaded as one's own stand would be."""

    def __init__(self, seeds: Path) -> None:
        super().__init__(seeds)
        from saccade.scope._adapters import adapters_shipped

        self.adapters = adapters_shipped()
        self.texts = [file.read_bytes() for file in sorted(seeds.glob("*.cfg"))]

    def make(self, rng: Random, folder: Path) -> Path:
        text = rng.choice(self.texts)
        text = damage_bytes(rng, text) if rng.random() < 0.4 else self._damage_lines(rng, text)
        (folder / "case.cfg").write_bytes(text)
        (folder / "ran.py").write_text("raise SystemExit('a configuration ran this')", "utf-8")
        path = folder / "stand.yaml"
        settings = {"cfg": "case.cfg", "adapters": str(self.adapters)}
        path.write_bytes(as_yaml({"name": "stand", "micromanager": settings}))
        return path

    def use(self, path: Path) -> None:
        from saccade.scope import load

        load(path).core.unloadAllDevices()

    @staticmethod
    def _damage_lines(rng: Random, text: bytes) -> bytes:
        lines = text.splitlines()
        for _ in range(rng.randint(1, 3)):
            at, how = rng.randrange(len(lines)), rng.random()
            tokens = lines[at].split(b",")
            if how < 0.6:
                hostile = rng.choice((*TOKENS, b"1e9", b"-1", b"ran", b"DemoCamera", b"Core", b""))
                tokens[rng.randrange(len(tokens))] = hostile
                lines[at] = b",".join(tokens)
            elif how < 0.8:
                prefix, module = rng.choice((b"", b"#py ")), rng.choice((b"ran", b"os", b"pty"))
                command = rng.choice((b"pyDevice", b"Device"))
                lines.insert(at, prefix + b",".join((command, b"X", module, b"spawn")))
            else:
                other = rng.randrange(len(lines))
                lines[at], lines[other] = lines[other], lines[at]
        return b"\n".join(lines)


class RunFolders(Kind):
    """The folder of a run: read, proved, mended, exported and decided again."""

    def __init__(self, seeds: Path) -> None:
        super().__init__(seeds)
        self.runs = [
            {file.relative_to(run): file.read_bytes() for file in run.rglob("*") if file.is_file()}
            for run in sorted(seeds.glob("run*"))
        ]

    def make(self, rng: Random, folder: Path) -> Path:
        run = folder / "run"
        for name, content in rng.choice(self.runs).items():
            (run / name).parent.mkdir(parents=True, exist_ok=True)
            (run / name).write_bytes(content)
        for _ in range(rng.randint(1, 2)):
            self._damage(rng, run)
        return run

    def use(self, path: Path) -> None:
        from saccade.app import replay_run
        from saccade.core import SaccadeError
        from saccade.sim import open_recording
        from saccade.store import RunFolder, checksum, export_ome_tiff, recover, verify

        last: SaccadeError | None = None
        for step in (
            verify,
            lambda at: [*RunFolder(at).frames(), *RunFolder(at).observations()],
            lambda at: RunFolder(at).verdict,
            replay_run,
            checksum,
            recover,
            verify,
            open_recording,
            lambda at: export_ome_tiff(at, at.parent / "tiff"),
        ):
            try:
                step(path)
            except SaccadeError as error:
                last = error
        if last is not None:
            raise last

    def _damage(self, rng: Random, run: Path) -> None:
        files = sorted(path for path in run.rglob("*") if path.is_file() and path.stat().st_size)
        path = run / "journal.jsonl"
        if path in files and rng.random() < 0.6:
            path.write_bytes(self._damage_lines(rng, path.read_bytes()))
            return
        path = rng.choice(files)
        content = path.read_bytes()
        if (document := _document(content)) and rng.random() < 0.6:
            path.write_bytes(as_json(damage_document(rng, document)))
        elif rng.random() < 0.1:
            path.unlink()
        else:
            path.write_bytes(damage_bytes(rng, content))

    @staticmethod
    def _damage_lines(rng: Random, content: bytes) -> bytes:
        lines = content.splitlines(keepends=True)
        at, how = rng.randrange(len(lines)), rng.random()
        if how < 0.75 and (line := _document(lines[at])):
            line.pop("crc", None)
            line = damage_document(rng, line)
            # With a checksum that holds: what comes next has to stand by itself.
            checked = as_json(line)[:-1]
            lines[at] = b'%s,"crc":"%08x"}\n' % (checked, zlib.crc32(checked))
        elif how < 0.85:
            other = rng.randrange(len(lines))
            lines[at], lines[other] = lines[other], lines[at]
        elif how < 0.9:
            lines.insert(at, lines[at])
        else:
            lines[at] = damage_bytes(rng, lines[at])
        return b"".join(lines)


class ModelFile(Kind):
    """Weights, with the sha256 of the damaged file: as if that had been recorded."""

    def __init__(self, seeds: Path) -> None:
        super().__init__(seeds)
        self.sound = [file.read_bytes() for file in sorted(seeds.glob("*.safetensors"))]
        self.others = [file.read_bytes() for file in sorted(seeds.glob("*.program"))]

    def make(self, rng: Random, folder: Path) -> Path:
        how = rng.random()
        if how < 0.03:
            content = rng.choice(self.sound)
        elif how < 0.5:
            content = self._damage_header(rng, rng.choice(self.sound))
        elif how < 0.85:
            content = damage_bytes(rng, rng.choice(self.sound))
        else:
            content = rng.choice(self.others)
            content = damage_bytes(rng, content) if rng.random() < 0.7 else content
        suffix = rng.choice((".safetensors",) * 8 + (".pt", ".pkl"))
        path = folder / f"case{suffix}"
        path.write_bytes(content)
        return path

    def use(self, path: Path) -> None:
        import numpy as np

        from saccade.models import load_weights

        weights = load_weights(path, hashlib.sha256(path.read_bytes()).hexdigest())
        for tensor in weights.tensors.values():
            assert np.isfinite(tensor).all()
            assert not tensor.flags.writeable

    @staticmethod
    def _damage_header(rng: Random, content: bytes) -> bytes:
        end = 8 + int.from_bytes(content[:8], "little")
        header = damage_document(rng, json.loads(content[8:end]))
        text = as_json(header)
        length = len(text) if rng.random() < 0.9 else rng.choice((0, 2**63, 2**32, 2**20))
        return length.to_bytes(8, "little") + text + content[end:]


def _document(content: bytes) -> dict[str, Any] | None:
    """Return a mapping that is still one after earlier damage."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


KINDS = {
    "protocol": ProtocolFile,
    "profile": ProfileFile,
    "cfg": CfgFile,
    "journal": RunFolders,
    "model": ModelFile,
}
