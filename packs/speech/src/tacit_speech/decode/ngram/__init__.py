"""N-gram language models that are built here: counting, modified Kneser-Ney smoothing, pruning, ARPA in and out."""

from tacit_speech.decode.ngram.arpa import read_arpa as read_arpa
from tacit_speech.decode.ngram.arpa import write_arpa as write_arpa
from tacit_speech.decode.ngram.counting import NGramCounts as NGramCounts
from tacit_speech.decode.ngram.counting import count_ngrams as count_ngrams
from tacit_speech.decode.ngram.evaluating import Evaluation as Evaluation
from tacit_speech.decode.ngram.evaluating import evaluate as evaluate
from tacit_speech.decode.ngram.model import NGram as NGram
from tacit_speech.decode.ngram.pruning import prune_by_entropy as prune_by_entropy
from tacit_speech.decode.ngram.saving import load_model as load_model
from tacit_speech.decode.ngram.saving import save_model as save_model
from tacit_speech.decode.ngram.smoothing import SmoothingReport as SmoothingReport
from tacit_speech.decode.ngram.smoothing import build as build
from tacit_speech.decode.ngram.smoothing import smooth as smooth
from tacit_speech.decode.ngram.text import Unit as Unit
