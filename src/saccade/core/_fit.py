"""Plain data to a model, or one error that names every place where it doesn't fit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from ._keys import Keys, Path, Problem

if TYPE_CHECKING:
    from ._files import Raises

Model = TypeVar("Model", bound=BaseModel)

TOLD = "told"
"""Type of a custom error whose message says where it is."""

_MOST_TOLD = 3
_LONGEST = 60


class FileModel(BaseModel):
    """Base of what people write in files: strict, frozen, nothing unknown, all finite."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        protected_namespaces=(),
    )


def fit(
    model: type[Model],
    document: Mapping[str, Any],
    *,
    source: object,
    raises: Raises,
    do: str = "",
    context: Mapping[str, Any] | None = None,
) -> Model:
    """Return a document as a model.

    Parameters
    ----------
    model : type of BaseModel
        What it should be.
    document : mapping
        Plain data, as `read_yaml` returns it.
    source : object
        Where it comes from, for the message.
    raises : type of UsageError
        What is raised, once, if it doesn't fit.
    do : str
        What to do where no better hint is known.
    context : mapping, optional
        For the model's validators.
    """
    keys = Keys(kind=FileModel)
    keys.walk(document, model)
    problems = list(keys.unknown)
    fitted = None
    try:
        # As JSON, because strict pydantic then takes lists as tuples and texts as paths.
        fitted = model.model_validate_json(json.dumps(document), context=dict(context or {}))
    except ValidationError as error:
        problems += misfits(error, document, keys)
    if fitted is None or problems:
        raise one_error(problems, source=source, raises=raises, do=do)
    return fitted


def misfits(error: ValidationError, document: object, keys: Keys) -> list[Problem]:
    """Return what pydantic found, in plain words, without the models that weren't meant.

    Parameters
    ----------
    error : ValidationError
        What it found.
    document : object
        What it looked at.
    keys : Keys
        After its walk through the document; it has told of unknown keys already.
    """
    problems: dict[Problem, None] = {}
    for each in error.errors(include_url=False):
        path = _path(each["loc"], document, keys)
        if path is not None and each["type"] != "extra_forbidden":
            problems[_told(each, keys.name(path))] = None
    return list(problems)


def one_error(
    problems: list[Problem], *, source: object, raises: Raises, do: str = ""
) -> Exception:
    """Return one error that tells of the first three problems.

    Parameters
    ----------
    problems : list of Problem
        At least one.
    source : object
        Where they are.
    raises : type of UsageError
        Its class.
    do : str
        What to do where a problem has no hint.
    """
    if len(problems) == 1:
        return raises(f"{source}: {problems[0].text}.", problems[0].hint or do)
    told = "; ".join(map(str, problems[:_MOST_TOLD]))
    more = f"; and {len(problems) - _MOST_TOLD} more" if len(problems) > _MOST_TOLD else ""
    return raises(f"{source} has {len(problems)} problems: {told}{more}.", do)


def _path(loc: tuple[int | str, ...], document: object, keys: Keys) -> Path | None:
    """Return a place in the document; None if it is that of a model that wasn't meant."""
    at: Any = document
    path: Path = ()
    for number, step in enumerate(loc):
        if _holds(at, step):
            at, path = at[step], (*path, step)
        elif step in keys.rivals.get(path, ()):
            if keys.meant[path].__name__ != step:
                return None
        elif number == len(loc) - 1 and isinstance(at, (Mapping, list, tuple)):
            path = (*path, step)
    return path


def _holds(at: object, step: int | str) -> bool:
    if isinstance(at, (list, tuple)):
        return isinstance(step, int) and step < len(at)
    return isinstance(at, Mapping) and step in at


def _told(each: Mapping[str, Any], at: str) -> Problem:
    message = str(each["msg"]).removeprefix("Value error, ").rstrip(".")
    if each["type"] == "missing":
        return Problem(f"{at} is missing")
    if each["type"] == TOLD:
        return Problem(message)
    subject, should, rest = message.partition(" should ")
    if should and " " not in subject:
        return Problem(f"{at} is {_shown(each['input'])}, which should {rest}")
    return Problem(f"{at}: {message}" if at else message)


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
