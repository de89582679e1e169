"""Selective prediction: answer where it is safe, abstain elsewhere, and keep a promised precision."""

from tacit.measure.selective.promise import Promise as Promise
from tacit.measure.selective.promise import precision_lower_bound as precision_lower_bound
from tacit.measure.selective.promise import promise_precision as promise_precision
from tacit.measure.selective.risk_coverage import RiskCoverage as RiskCoverage
from tacit.measure.selective.risk_coverage import risk_coverage as risk_coverage
