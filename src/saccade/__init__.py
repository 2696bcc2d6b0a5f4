"""Saccade: a real-time controller for smart microscopy."""

__version__ = "0.1.0"
