"""Bringing items into a project: files as people have them, looked at whole and row by row before any is kept."""

from tacit.web.bringing.batch import Batch as Batch
from tacit.web.bringing.batch import Report as Report
from tacit.web.bringing.faults import Fault as Fault
from tacit.web.bringing.limits import BringingLimits as BringingLimits
from tacit.web.bringing.limits import TooMuch as TooMuch
from tacit.web.bringing.rows import Plan as Plan
