"""How good the answers are, while they come in: agreement, each judge, drift over time, who disagrees about what."""

from tacit.web.quality.computing import Quality as Quality
from tacit.web.quality.live import LiveQuality as LiveQuality
