"""Clicks in recordings, counted by a labeler."""

from tacit_clicks.labeler import ClickCounter as ClickCounter
from tacit_clicks.simulator import simulated_clicks as simulated_clicks
