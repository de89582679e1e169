"""One self-contained page from any run's folder: what was learned, from which judgments, at what cost."""

from tacit.report.page import write_report as write_report
from tacit.report.questions import Render as Render
