"""The run folder: frames, journal, proof and export."""

from ._checksum import checksum
from ._export import export_ome_tiff
from ._folder import claim_folder, new_folder, write_run_json
from ._journal import Line, read_lines
from ._memory import keep_memory_warm
from ._reader import RunFolder
from ._recorder import Recorder
from ._recover import Recovery, recover
from ._room import DiskUse
from ._tail import Tail
from ._values import verdict_of
from ._verify import Report, verify

__all__ = [
    "DiskUse",
    "Line",
    "Recorder",
    "Recovery",
    "Report",
    "RunFolder",
    "Tail",
    "checksum",
    "claim_folder",
    "export_ome_tiff",
    "keep_memory_warm",
    "new_folder",
    "read_lines",
    "recover",
    "verdict_of",
    "verify",
    "write_run_json",
]
