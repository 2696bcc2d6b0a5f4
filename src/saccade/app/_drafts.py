"""A protocol that is still being written: read from its text, and judged as `check` does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from saccade.core import ProtocolError, SaccadeError, parse_yaml

from ._check import Finding, check
from ._parts import build_parts
from ._protocol import protocol_of

if TYPE_CHECKING:
    from pathlib import Path

    from saccade.core import Stand

    from ._protocol import Protocol


def protocol_from_text(text: str, source: Path) -> Protocol:
    """Return the protocol that a text describes, as if the file held it.

    Parameters
    ----------
    text : str
        YAML.
    source : Path
        The file that it belongs to; it need not be there.

    Raises
    ------
    ProtocolError
        If it says something that can't be used.
    """
    try:
        document = parse_yaml(text)
    except ValueError as error:
        raise ProtocolError(f"{source}, {error}.", "Mind indentation, colons and quotes.") from None
    return protocol_of(document, source)


def findings_of_text(text: str, source: Path, stand: Stand | None = None) -> tuple[Finding, ...]:
    """Return what `check` would say of a text: first whether it can be used at all.

    Parameters
    ----------
    text : str
        YAML.
    source : Path
        The file that it belongs to; it need not be there.
    stand : Stand, optional
        The microscope; without one only what holds for any is told.
    """
    try:
        protocol = protocol_from_text(text, source)
        if stand is not None:
            return check(protocol, stand, start=False)
        build_parts(protocol.spec())
    except SaccadeError as error:
        return (Finding("error", error.what.replace(str(source), source.name), error.do),)
    return tuple(Finding("warning", each) for each in protocol.warnings())
