"""Transcripts in pairs, from lines of text and from NIST's trn, stm and ctm files."""

from tacit.measure.transcripts.by_time import read_stm_and_ctm as read_stm_and_ctm
from tacit.measure.transcripts.by_time import read_two_ctm as read_two_ctm
from tacit.measure.transcripts.lines import read_lines as read_lines
from tacit.measure.transcripts.reading import read_transcripts as read_transcripts
from tacit.measure.transcripts.trn import read_trn as read_trn
from tacit.measure.transcripts.utterances import Utterances as Utterances
