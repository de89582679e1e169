"""The acoustic model: from sound to the log-posteriors of an alphabet's symbols, frame by frame."""

from tacit_speech.acoustic.acoustic_model import AcousticModel as AcousticModel
from tacit_speech.acoustic.augmentation import Augmentation as Augmentation
from tacit_speech.acoustic.corpus import SoundsInMemory as SoundsInMemory
from tacit_speech.acoustic.model import ConvolutionSettings as ConvolutionSettings
from tacit_speech.acoustic.model import DeepSpeech as DeepSpeech
from tacit_speech.acoustic.model import ModelSettings as ModelSettings
from tacit_speech.acoustic.spectrogram import Normalization as Normalization
from tacit_speech.acoustic.spectrogram import Spectrogram as Spectrogram
from tacit_speech.acoustic.streaming import Stream as Stream
from tacit_speech.acoustic.training import Trainer as Trainer
from tacit_speech.acoustic.training import TrainingSettings as TrainingSettings
