"""The loop that improves a producer against a labeler: what to ask, when, and what is learned from the answers."""

from tacit.learn.loop import Loop as Loop
from tacit.learn.loop import LoopSettings as LoopSettings
from tacit.learn.query import Selection as Selection
from tacit.learn.query import choose_pairs as choose_pairs
from tacit.learn.run import LearningRun as LearningRun
from tacit.learn.schedule import Schedule as Schedule
from tacit.learn.settings import RunSettings as RunSettings
