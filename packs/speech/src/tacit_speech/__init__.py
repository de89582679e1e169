"""Speech for tacit: a recogniser trained on one's own recordings is a labeler whose answers are transcripts."""

from tacit_speech.alphabet import Alphabet as Alphabet
from tacit_speech.posteriors import Posteriors as Posteriors
