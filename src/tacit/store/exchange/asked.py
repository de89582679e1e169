"""The questions of a file that is being imported: each is checked and kept once, however many rows answer it."""

from __future__ import annotations

import polars as pl
from sqlalchemy import Connection

from tacit.errors import BadFile, UnknownName
from tacit.store.exchange.columns import ROW, bad_cell
from tacit.store.question_ids import check_questions, hashes, question_documents
from tacit.store.sql import question_tables
from tacit.store.sql.bulk_rows import can_let_go_of_indexes

MOST_QUESTIONS = 250_000  # that are remembered, about 30 MB
REMEMBERED = {"question_id": pl.String, "fingerprint": pl.UInt64, "sequence": pl.Int64}


class AskedQuestions:
    """Keeps the questions of one file.

    Args:
        connection: writes them.
        where: the file, for messages.
    """

    def __init__(self, connection: Connection, where: str) -> None:
        self._connection, self._where = connection, where
        self._remembered = pl.DataFrame(schema=REMEMBERED)
        self.n_added = 0
        # In a project without questions, the database need not know them by their ids until not all are remembered.
        may = can_let_go_of_indexes(connection)
        self._remembers_all = may and not question_tables.has_questions(connection)
        if self._remembers_all:
            question_tables.expect_no_repeats(connection)

    def keep(self, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Keep the questions of a batch.

        Args:
            rows: complete rows of an exchange file, with `ROW`.

        Returns:
            The question of each row, columns of `questions_schema`; and the sequence of each of them by its id.

        Raises:
            BadFile: a question_id that is not the question's, or an item that the project does not hold.
            BadQuestion: a question that its kind does not allow.
        """
        words = rows.select("kind", "item_ids", "question_text", "settings", "occasion", ROW, given="question_id")
        words = words.rename({"question_text": "text"})
        document = question_documents(words)
        words = words.with_columns(document, fingerprint=document.hash(seed=0))
        remembered = self._remembered.rename({"question_id": "given"})
        words = words.join(remembered, on=["given", "fingerprint"], how="left", maintain_order="left")
        fresh = words.filter(pl.col("sequence").is_null())
        own = pl.DataFrame(schema={"document": pl.String, "question_id": pl.String})
        if fresh.height:
            distinct = fresh.unique("document", keep="first", maintain_order=True)
            own = distinct.select("document").with_columns(hashes(distinct.get_column("document")))
            self._refuse_wrong_ids(fresh.join(own, on="document", maintain_order="left"))
            self._add(distinct.with_columns(own.get_column("question_id")))
        asked = words.join(own, on="document", how="left", maintain_order="left").select(
            pl.coalesce("question_id", "given").alias("question_id"), "kind", "item_ids", "text", "settings", "occasion"
        )
        sequences = self._remembered.select(id="question_id", sequence="sequence")
        if self._remembered.height > MOST_QUESTIONS:
            self.finish()
            self._remembered = self._remembered.join(asked, on="question_id", how="semi")
        return asked, sequences

    def finish(self) -> None:
        """Let the database know the questions by their ids again."""
        if self._remembers_all:
            self._remembers_all = False
            question_tables.expect_repeats(self._connection)

    def _refuse_wrong_ids(self, fresh: pl.DataFrame) -> None:
        wrong = fresh.filter(pl.col("given") != pl.col("question_id"))
        if wrong.height:
            row, given, own = wrong.select(ROW, "given", "question_id").row(0)
            do = "Leave the column out to have it computed"
            raise bad_cell(self._where, row, "question_id", given, f"the hash of the question, {own}", do=do)

    def _add(self, distinct: pl.DataFrame) -> None:
        questions = distinct.select("question_id", "kind", "item_ids", "text", "settings", "occasion")
        check_questions(questions, where=self._where, rows=distinct.get_column(ROW))
        try:
            if self._remembers_all:
                known = self._remembered.select(id="question_id", sequence="sequence")
                new = questions.join(known, left_on="question_id", right_on="id", how="anti", maintain_order="left")
                sequences = pl.concat([known, question_tables.add_new_questions(self._connection, new)])
                self.n_added += new.height
            else:
                sequences, n_added = question_tables.add_questions(self._connection, questions)
                self.n_added += n_added
        except UnknownName as error:
            raise self._unknown_item(distinct, error.name) from None
        new = distinct.drop("sequence").join(sequences, left_on="question_id", right_on="id").select(list(REMEMBERED))
        self._remembered = pl.concat([self._remembered, new]).unique("question_id")

    def _unknown_item(self, distinct: pl.DataFrame, item_id: str) -> BadFile:
        row = distinct.filter(pl.col("item_ids").list.contains(item_id))[ROW][0]
        do = "Import into the project that holds the items; nothing was imported"
        return bad_cell(self._where, row, "item_ids", item_id, "an item of this project", do=do)
