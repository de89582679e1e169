"""A recogniser as a labeler: credences that come true, answers beside people's, and corrections that teach it."""

from tacit_speech.labeler.confidence import Confidence as Confidence
from tacit_speech.labeler.confidence import fit_confidence as fit_confidence
from tacit_speech.labeler.correcting import CorrectionLoop as CorrectionLoop
from tacit_speech.labeler.correcting import Plan as Plan
from tacit_speech.labeler.correcting import Round as Round
from tacit_speech.labeler.correcting import Takes as Takes
from tacit_speech.labeler.heard import Heard as Heard
from tacit_speech.labeler.heard import HeardWord as HeardWord
from tacit_speech.labeler.recognizer import Recognizer as Recognizer
from tacit_speech.labeler.retraining import Retraining as Retraining
from tacit_speech.labeler.retraining import taught as taught
from tacit_speech.labeler.speech_recognizer import SpeechRecognizer as SpeechRecognizer
