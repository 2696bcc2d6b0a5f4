"""``python -m saccade.cli`` is the same as ``saccade``."""

from saccade.cli import main

main()
