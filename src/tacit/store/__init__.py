"""Everything that is kept: judgments, media by hash, runs. All SQL there is lives here."""

from tacit.store.backup import BackupCount as BackupCount
from tacit.store.backup import restore as restore
from tacit.store.exchange.importing import ImportCount as ImportCount
from tacit.store.exchange.importing import ImportOptions as ImportOptions
from tacit.store.store import Store as Store
