"""Many transcripts of the same recordings → one, word by word, and how reliable each transcriber is."""

from tacit.crowd.transcripts.combining import CombinedTranscripts as CombinedTranscripts
from tacit.crowd.transcripts.combining import combine_transcripts as combine_transcripts
from tacit.crowd.transcripts.reading import read_transcribed as read_transcribed
from tacit.crowd.transcripts.reading import transcribed_from_judgments as transcribed_from_judgments
from tacit.crowd.transcripts.table import Transcribed as Transcribed
from tacit.crowd.transcripts.table import transcribed_from_table as transcribed_from_table
