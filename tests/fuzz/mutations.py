"""Damage to bytes, texts and documents, each drawn from the generator of its case alone."""

from __future__ import annotations

import copy
import json
import math
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

_BOMB = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10)
)

WORDS = (
    "__import__('os').system('touch ran')", "{0.__class__.__mro__}", "%s%n%x", "~nobody/x",
    "../../outside", "/etc/passwd", "C:\\outside", "\\\\host\\share", "CON", "nul.yaml", ".", "..",
    "os:system", "subprocess.Popen", "builtins.exec", "saccade.detect:Spots", "playback:/x.tif",
    "sim:beads?seed=3&clock=virtual", "sim:x?y", "http://127.0.0.1:1/x", "a" * 30 + "!",
    "1" * 30 + "x", " " * 40 + "x", "\u2028", "\x85", "\x00", "\x1b[2J", "\ud800", "\ufeff",
    "Ω" * 20, "\u202ecod", "e\u0301" * 9, "", "null", "true", "on", "demo", "FITC", "0x10",
    "0:00:05", "1e999",
)  # fmt: skip
NUMBERS = (
    0, -0.0, 1, -1, 0.5, 1e-320, 1e300, -1e300, 2**31, 2**53, 2**63, -(2**63), 2**64, 10**40,
    10**400, math.nan, math.inf, -math.inf, True, False,
)  # fmt: skip
TOKENS = (
    *(word.encode("utf-8", "surrogatepass") for word in WORDS),
    _BOMB.encode(), b"[" * 5000, b"{a: " * 3000, b"- " * 3000, b"9" * 5000, b"&a [*a]", b"<<: *a",
    b"!!python/object/apply:os.system ['touch ran']", b"!!python/name:os.system", b"!!binary x",
    b"? [a]\n: b", b"\n---\n", b"%YAML 9.9\n", b"\r\n", b"\r", b"\t", b"\x0b", b"\x00", b"\xff\xfe",
    b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xc0\xae", b"#", b",", b":", b'"', b"'", b"\\", b"|\n",
    b"*", b"#py pyDevice,X,os,system\n", b"Device,X,../../x,Y\n", b"Property,Core,Initialize,0\n",
    b"NaN",
)  # fmt: skip


def damage_bytes(rng: Random, content: bytes) -> bytes:
    """Return some bytes with one to four of them changed, cut, moved, repeated or put in."""
    for _ in range(rng.randint(1, 4)):
        content = rng.choice(_BYTES)(rng, content)
    return content


def _flip(rng: Random, content: bytes) -> bytes:
    if not content:
        return content
    at = rng.randrange(len(content))
    return content[:at] + bytes([content[at] ^ (1 << rng.randrange(8))]) + content[at + 1 :]


def _truncate(rng: Random, content: bytes) -> bytes:
    return content[: rng.randint(0, len(content))]


def _insert(rng: Random, content: bytes) -> bytes:
    at = rng.randint(0, len(content))
    new = rng.choice(TOKENS) if rng.random() < 0.7 else rng.randbytes(rng.randint(1, 20))
    return content[:at] + new + content[at:]


def _delete(rng: Random, content: bytes) -> bytes:
    at = rng.randint(0, len(content))
    return content[:at] + content[at + rng.randint(1, 40) :]


def _splice(rng: Random, content: bytes) -> bytes:
    begin, end = sorted(rng.randint(0, len(content)) for _ in range(2))
    at = rng.randint(0, len(content))
    return content[:at] + content[begin:end] + content[at:]


_BYTES: Sequence[Callable[[Random, bytes], bytes]] = (_flip, _truncate, _insert, _delete, _splice)


def value(rng: Random, depth: int = 0) -> Any:
    """Return a value that a file could hold, and probably shouldn't."""
    kind = rng.random()
    if depth > 2 or kind < 0.4:
        return rng.choice(WORDS)
    if kind < 0.75:
        return rng.choice(NUMBERS)
    if kind < 0.8:
        return None
    if kind < 0.82:
        deep: Any = 1
        for _ in range(rng.choice((39, 41, 61, 200))):
            deep = [deep] if rng.random() < 0.5 else {"a": deep}
        return deep
    if kind < 0.84:
        return "x" * rng.choice((121, 1000, 100_000))
    if kind < 0.92:
        return [value(rng, depth + 1) for _ in range(rng.randint(0, 4))]
    return {rng.choice(WORDS): value(rng, depth + 1) for _ in range(rng.randint(0, 3))}


def damage_document(rng: Random, document: Any) -> Any:
    """Return a document with one to three values replaced, added, taken out or moved."""
    document = copy.deepcopy(document)
    for _ in range(rng.randint(1, 3)):
        places = list(_places(document))
        if not places:
            return value(rng)
        owner, key = rng.choice(places)
        how = rng.random()
        if how < 0.55:
            owner[key] = value(rng)
        elif how < 0.7:
            del owner[key]
        elif how < 0.8:
            other, name = rng.choice(places)
            owner[key] = copy.deepcopy(other[name]) if name in _keys(other) else None
        elif isinstance(owner, dict):
            owner[rng.choice(WORDS) if rng.random() < 0.5 else _key_of(rng, places)] = value(rng)
        else:
            owner.extend(copy.deepcopy(owner[:1]) * rng.choice((1, 3, 300)))
    return document


def _places(document: Any) -> Any:
    waiting = [document]
    while waiting:
        at = waiting.pop()
        for key in _keys(at):
            yield at, key
            waiting.append(at[key])


def _keys(at: Any) -> Any:
    return list(at) if isinstance(at, dict) else range(len(at)) if isinstance(at, list) else ()


def _key_of(rng: Random, places: list[tuple[Any, Any]]) -> str:
    names = [key for _, key in places if isinstance(key, str)]
    return rng.choice(names) if names else "a"


def as_yaml(document: Any) -> bytes:
    """Return a document as YAML; what YAML can't hold, as the nearest that it can."""
    try:
        return yaml.dump(document, Dumper=_Dumper, allow_unicode=True).encode("utf-8", "replace")
    except (yaml.YAMLError, RecursionError, ValueError):
        return as_json(document)


def as_json(document: Any) -> bytes:
    """Return a document as JSON, with the numbers that JSON does not have."""
    return json.dumps(document, default=str).encode("utf-8", "surrogatepass")


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    def ignore_aliases(self, data: Any) -> bool:
        return True
