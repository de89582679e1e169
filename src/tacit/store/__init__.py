"""Everything that is kept: judgments, media by hash, runs. All SQL there is lives here."""

from tacit.store.store import Store as Store
