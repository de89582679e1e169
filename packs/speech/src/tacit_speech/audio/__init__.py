"""Recordings in: sound from any file, manifests of who said what, and transcripts with times."""

from tacit_speech.audio.inspection import Heard as Heard
from tacit_speech.audio.inspection import inspect as inspect
from tacit_speech.audio.inspection import read_recording as read_recording
from tacit_speech.audio.manifest import read_manifest as read_manifest
from tacit_speech.audio.recording import LeftOut as LeftOut
from tacit_speech.audio.recording import Manifest as Manifest
from tacit_speech.audio.recording import Recording as Recording
from tacit_speech.audio.sound import SoundFormat as SoundFormat
from tacit_speech.audio.sound import read_sound as read_sound
from tacit_speech.audio.sound import sound_format as sound_format
from tacit_speech.audio.sound import stream_sound as stream_sound
from tacit_speech.audio.sound import wav_bytes as wav_bytes
from tacit_speech.audio.transcripts_out import TimedWord as TimedWord
from tacit_speech.audio.transcripts_out import Transcript as Transcript
from tacit_speech.audio.transcripts_out import write_transcripts as write_transcripts
from tacit_speech.audio.untrusted import read_untrusted as read_untrusted
