"""Many labelers' choices → one label an item, with how far each labeler can be trusted."""

from tacit.crowd.choices.gold import Gold as Gold
from tacit.crowd.choices.gold import gold_from_table as gold_from_table
from tacit.crowd.choices.gold import read_gold as read_gold
from tacit.crowd.choices.judged import choices_from_judgments as choices_from_judgments
from tacit.crowd.choices.reading import read_choices as read_choices
from tacit.crowd.choices.table import Choices as Choices
from tacit.crowd.choices.table import choices_from_codes as choices_from_codes
from tacit.crowd.choices.table import choices_from_table as choices_from_table
