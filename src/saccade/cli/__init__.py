"""The command line: `saccade demo | run | check | replay | verify | export | bench | info`."""

from ._main import main

__all__ = ["main"]
