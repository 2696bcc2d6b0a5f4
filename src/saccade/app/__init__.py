"""Assembles a run from a protocol and a scope; the only place that knows everything."""

from ._assemble import Assembled, assemble, open_scope
from ._bench import Bar, Bench, run_bench, run_overnight
from ._bench_detector import DetectorBench, run_detector_bench
from ._bench_isolate import IsolateBench, run_isolate_bench
from ._bench_nets import NetBench, run_net_bench
from ._bench_overview import OverviewBench, bench_overview
from ._bench_render import RenderBench, run_render_bench
from ._bench_store import StoreBench, bench_store
from ._bench_stream import StreamBench, run_stream_bench
from ._calibrate import CalibrationPlan, calibrate
from ._check import Finding, check
from ._cookbook import COOKBOOK, Recipe, Tasted, cookbook, recipe_file, recipe_protocol
from ._demo import demo_file, demo_protocol
from ._drafts import findings_of_text, protocol_from_text
from ._history import WhatIf, replay_run, what_if
from ._montage import draw_montage
from ._part_help import (
    Setting,
    parts_for,
    settings_beside,
    settings_of,
    settings_of_run,
    summary_of,
)
from ._protocol import Protocol, load_protocol, protocol_of
from ._reach import Reach, reach, reach_answer, reach_questions, reach_usage
from ._registry import build, parts
from ._run import Run
from ._score import FIRST_SEED, Scoreboard, score_protocol
from ._score_recording import score_on_recording
from ._second_look import SecondLook, gives_masks
from ._soak import Slope, Soak, soak
from ._told import told_action
from ._try_model import ModelTrial, try_model
from ._tune import TUNE_SEED, Suggestion, Tuned, TunePlan, tune_protocol
from ._tune_figure import draw_tuning
from ._tune_marked import Marking, tune_on_recording
from ._tune_run import tune_on_run
from ._tune_search import Range, Searched, SearchPlan, Trial, search_protocol
from ._usage import Pace, Spent, told_bytes, told_duration
from ._worth import Hindsight, Worth

__all__ = [
    "COOKBOOK",
    "FIRST_SEED",
    "TUNE_SEED",
    "Assembled",
    "Bar",
    "Bench",
    "CalibrationPlan",
    "DetectorBench",
    "Finding",
    "Hindsight",
    "IsolateBench",
    "Marking",
    "ModelTrial",
    "NetBench",
    "OverviewBench",
    "Pace",
    "Protocol",
    "Range",
    "Reach",
    "Recipe",
    "RenderBench",
    "Run",
    "Scoreboard",
    "SearchPlan",
    "Searched",
    "SecondLook",
    "Setting",
    "Slope",
    "Soak",
    "Spent",
    "StoreBench",
    "StreamBench",
    "Suggestion",
    "Tasted",
    "Trial",
    "TunePlan",
    "Tuned",
    "WhatIf",
    "Worth",
    "assemble",
    "bench_overview",
    "bench_store",
    "build",
    "calibrate",
    "check",
    "cookbook",
    "demo_file",
    "demo_protocol",
    "draw_montage",
    "draw_tuning",
    "findings_of_text",
    "gives_masks",
    "load_protocol",
    "open_scope",
    "parts",
    "parts_for",
    "protocol_from_text",
    "protocol_of",
    "reach",
    "reach_answer",
    "reach_questions",
    "reach_usage",
    "recipe_file",
    "recipe_protocol",
    "replay_run",
    "run_bench",
    "run_detector_bench",
    "run_isolate_bench",
    "run_net_bench",
    "run_overnight",
    "run_render_bench",
    "run_stream_bench",
    "score_on_recording",
    "score_protocol",
    "search_protocol",
    "settings_beside",
    "settings_of",
    "settings_of_run",
    "soak",
    "summary_of",
    "told_action",
    "told_bytes",
    "told_duration",
    "try_model",
    "tune_on_recording",
    "tune_on_run",
    "tune_protocol",
    "what_if",
]
