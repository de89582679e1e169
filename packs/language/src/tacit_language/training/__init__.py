"""Training language models: on text, on replies, with checkpoints that resume to the same losses."""

from tacit_language.training.adam import FlatAdamW as FlatAdamW
from tacit_language.training.batches import Batch as Batch
from tacit_language.training.batches import Batches as Batches
from tacit_language.training.batches import RowBatches as RowBatches
from tacit_language.training.batches import TextBatches as TextBatches
from tacit_language.training.batches import supervised_rows as supervised_rows
from tacit_language.training.language_modelling import Training as Training
from tacit_language.training.language_modelling import held_out_loss as held_out_loss
from tacit_language.training.language_modelling import train_language_model as train_language_model
from tacit_language.training.settings import TrainingSettings as TrainingSettings
from tacit_language.training.settings import best_device as best_device
