"""Pages of a recogniser: what it got wrong, to be heard and seen."""

from tacit_speech.pages.listening import listening_sheet as listening_sheet
from tacit_speech.pages.listening import score as score
from tacit_speech.pages.recording import Listened as Listened
from tacit_speech.pages.recording import recording_of as recording_of
