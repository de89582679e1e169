"""Texts, dialogues and comparisons of them: in and out of files, without doubles, split by conversation."""

from tacit_language.data.comparisons import Compared as Compared
from tacit_language.data.comparisons import read_compared as read_compared
from tacit_language.data.comparisons import write_compared as write_compared
from tacit_language.data.deduplicate import near_duplicates as near_duplicates
from tacit_language.data.deduplicate import same_text as same_text
from tacit_language.data.dialogue import Dialogue as Dialogue
from tacit_language.data.dialogue import Message as Message
from tacit_language.data.files import read_dialogues as read_dialogues
from tacit_language.data.files import write_dialogues as write_dialogues
from tacit_language.data.packing import pack_rows as pack_rows
from tacit_language.data.packing import token_file as token_file
from tacit_language.data.splits import split_by_conversation as split_by_conversation
