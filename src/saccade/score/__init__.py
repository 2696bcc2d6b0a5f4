"""A protocol against ground truth: what it caught, missed and spent."""

from ._captured import LEAST_SHOTS, SLACK, Capture, capture
from ._figure import can_draw, draw
from ._fixed import fixed, ladder, random_bursts
from ._log import Burst, Log, Shot
from ._logger import Logger, log_of
from ._marks import Mark, read_marks
from ._means import Exposure, Look, Means, Place, play
from ._oracle import oracle
from ._recorded import MarkScore, RecordingScore, score_recording
from ._score import Rules, Score, score_from_plain, score_log
from ._sink import LogSink
from ._statistics import Interval, bootstrap, wilson
from ._summary import Merit, Row, merit_of, row_of
from ._trace import Point, Trace, Trigger, acts, foreseen, points
from ._truth import counterparts, during, in_the_dark

__all__ = [
    "LEAST_SHOTS",
    "SLACK",
    "Burst",
    "Capture",
    "Exposure",
    "Interval",
    "Log",
    "LogSink",
    "Logger",
    "Look",
    "Mark",
    "MarkScore",
    "Means",
    "Merit",
    "Place",
    "Point",
    "RecordingScore",
    "Row",
    "Rules",
    "Score",
    "Shot",
    "Trace",
    "Trigger",
    "acts",
    "bootstrap",
    "can_draw",
    "capture",
    "counterparts",
    "draw",
    "during",
    "fixed",
    "foreseen",
    "in_the_dark",
    "ladder",
    "log_of",
    "merit_of",
    "oracle",
    "play",
    "points",
    "random_bursts",
    "read_marks",
    "row_of",
    "score_from_plain",
    "score_log",
    "score_recording",
    "wilson",
]
