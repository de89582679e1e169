"""From posteriors to text: greedy, beam search with a language model, forced alignment, and CTC itself."""

from tacit_speech.decode.alignment import Alignment as Alignment
from tacit_speech.decode.alignment import align as align
from tacit_speech.decode.beam import BeamSettings as BeamSettings
from tacit_speech.decode.beam import beam_search as beam_search
from tacit_speech.decode.ctc import ctc_gradient as ctc_gradient
from tacit_speech.decode.ctc import ctc_loss as ctc_loss
from tacit_speech.decode.fusion import CharacterFusion as CharacterFusion
from tacit_speech.decode.fusion import Fusion as Fusion
from tacit_speech.decode.fusion import NoLanguageModel as NoLanguageModel
from tacit_speech.decode.greedy import greedy as greedy
from tacit_speech.decode.hypothesis import Hypothesis as Hypothesis
from tacit_speech.decode.hypothesis import with_word_times as with_word_times
from tacit_speech.decode.symbols import SymbolFusion as SymbolFusion
from tacit_speech.decode.symbols import symbol_fusion as symbol_fusion
from tacit_speech.decode.words import WordFusion as WordFusion
from tacit_speech.decode.words import word_fusion as word_fusion
