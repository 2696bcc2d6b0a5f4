"""The supervisor, as a process: ``python -m saccade.supervise``, started by `Supervisor`."""

import os

from ._program import main

if __name__ == "__main__":
    # Without the interpreter's way out: a device adapter could hang on it.
    os._exit(main())
