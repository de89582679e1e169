"""A recogniser for many at once: requests gathered into batches eagerly, streams, and how long each one waits."""

from tacit_speech.serving.queueing import Queueing as Queueing
from tacit_speech.serving.queueing import ServiceTime as ServiceTime
from tacit_speech.serving.queueing import fit_service_time as fit_service_time
from tacit_speech.serving.queueing import simulate_queue as simulate_queue
