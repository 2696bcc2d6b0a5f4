"""A protocol against ground truth: what it caught, missed and spent."""

from ._captured import LEAST_SHOTS, SLACK, Capture, capture
from ._fixed import fixed, ladder, random_bursts
from ._log import Burst, Log, Shot
from ._logger import Logger, log_of
from ._means import Exposure, Look, Means, Place, play
from ._oracle import oracle
from ._score import Rules, Score, score_from_plain, score_log
from ._sink import LogSink
from ._statistics import Interval, bootstrap, wilson
from ._summary import Merit, Row, merit_of, row_of
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
    "Means",
    "Merit",
    "Place",
    "Row",
    "Rules",
    "Score",
    "Shot",
    "bootstrap",
    "capture",
    "counterparts",
    "during",
    "fixed",
    "in_the_dark",
    "ladder",
    "log_of",
    "merit_of",
    "oracle",
    "play",
    "random_bursts",
    "row_of",
    "score_from_plain",
    "score_log",
    "wilson",
]
