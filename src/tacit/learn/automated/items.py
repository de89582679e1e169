"""The items that are to be labeled, as rows of numbers that no label was used to make.

A table's text becomes weighted counts of its words and pairs of words, and these places along their main directions;
arrays and images become places along theirs, and then similarities to some of the items, so that a linear classifier
can draw curved borders. All of it looks at the whole pool and at no label, so that what is measured on held-out labels
stays valid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
from sklearn.kernel_approximation import Nystroem

from tacit.errors import BadFile, BadValue, NotFinite, UnknownName
from tacit.learn.automated.pictures import read_pictures
from tacit.reward.files import read_features
from tacit.store.exchange.columns import ROW
from tacit.store.exchange.reading import format_of, read_batches

ARRAYS = (".npz", ".safetensors")
ITEM_HEADERS = ("item", "item_id", "task", "id", "name", "question_id")
TEXT_HEADERS = ("text", "statement", "question", "sentence", "content", "context", "prompt", "body")
N_DIRECTIONS = 64
N_TEXT_DIRECTIONS = 300
N_LANDMARKS = 600
N_SAMPLED = 500
N_HASHED = 2**18

Rows = NDArray[np.float64]


@dataclass(frozen=True)
class Pool:
    """Items that are to be labeled.

    Args:
        names: of the items, each its own.
        rows: what a classifier sees of them, shape (item, number).
        made: how the rows were made, for the record.
    """

    names: tuple[str, ...]
    rows: Rows
    made: str

    def __len__(self) -> int:
        """Return the number of items."""
        return len(self.names)


def pool_from_texts(names: Sequence[str], texts: Sequence[str], *, seed: int = 0) -> Pool:
    """Return texts as places along the main directions of their weighted counts of words and pairs of words.

    Args:
        names: of the items. texts: one each.
        seed: of the search for the directions.

    Raises:
        BadValue: no items, a name that occurs twice, or texts without a word in common.

    Source: hashed features, Weinberger et al. 2009, arXiv:0902.2206; weights of Spärck Jones 1972,
    doi:10.1108/eb026526; latent semantic analysis, Deerwester et al. 1990,
    doi:10.1002/(SICI)1097-4571(199009)41:6<391::AID-ASI1>3.0.CO;2-9.
    """
    _check_names(names, len(texts))
    hashed = HashingVectorizer(n_features=N_HASHED, ngram_range=(1, 2), alternate_sign=False, norm=None)
    rows = TfidfTransformer(sublinear_tf=True).fit_transform(hashed.transform(texts))
    used = np.flatnonzero(np.asarray((rows != 0).sum(axis=0)).ravel() >= 2)  # a word of one item alone tells nothing
    rows = rows[:, used]
    directions = min(N_TEXT_DIRECTIONS, rows.shape[0] - 1, rows.shape[1] - 1)
    if directions < 1:
        raise BadValue("texts", got="no word that two of them share", expected="texts with words in common")
    places = TruncatedSVD(directions, random_state=seed).fit_transform(rows)
    length = np.sqrt((places**2).sum(axis=1, keepdims=True))
    places = np.divide(places, length, out=np.zeros_like(places), where=length > 0)
    return Pool(tuple(names), places, f"words and pairs of words, hashed, tf-idf, {directions} main directions")


def pool_from_arrays(names: Sequence[str], values: NDArray[Any], *, seed: int = 0) -> Pool:
    """Return arrays as similarities to some of the items, along the main directions of all.

    Args:
        names: of the items.
        values: shape (item, …); whole numbers of 8 bits, as of images, are divided by 255.
        seed: of which items are compared with.

    Raises:
        BadValue: no items, or a name that occurs twice. NotFinite: a value that is NaN or infinite.

    Source: principal components, Pearson 1901, doi:10.1080/14786440109462720; Nyström's approximation of a kernel
    machine, Williams and Seeger 2001, NIPS 13.
    """
    _check_names(names, len(values))
    x = values.reshape(len(values), -1)
    x = x / 255.0 if values.dtype == np.uint8 else x.astype(np.float64)
    if not np.isfinite(x).all():
        row = int(np.flatnonzero(~np.isfinite(x).all(axis=1))[0])
        raise NotFinite(f"item {names[row]!r}", got="NaN or infinity", expected="finite features")
    directions = min(N_DIRECTIONS, *x.shape)
    x = PCA(directions, svd_solver="randomized", random_state=seed).fit_transform(x)
    spread = np.sqrt((x**2).sum(axis=1).mean())
    x = x / spread if spread > 0 else x
    some = x[np.random.default_rng(seed).permutation(len(x))[:N_SAMPLED]]
    apart = ((some[:, None, :] - some[None, :, :]) ** 2).sum(axis=2)
    usual = float(np.median(apart[np.triu_indices(len(some), 1)])) if len(some) > 1 else 1.0
    kernel = Nystroem(gamma=1 / max(usual, 1e-12), n_components=min(N_LANDMARKS, len(x)), random_state=seed)
    rows = np.hstack([kernel.fit_transform(x), x])
    return Pool(tuple(names), rows, f"{directions} main directions, similarities to {kernel.n_components} items")


def read_pool(path: Path, *, text: str | None = None, seed: int = 0) -> Pool:
    """Return the items in a file.

    Args:
        path: ``.npz`` with ``features`` or ``images`` (and ``item_id``), ``.safetensors`` or ``.parquet`` as
            `tacit.reward.files.read_features`; a folder of images, whose names are their paths in it; or a table (CSV,
            TSV, JSON lines, Parquet) with a column of text.
        text: the column of text, where it is not called text, statement, question ….
        seed: of what is drawn at random.

    Raises:
        BadFile: not such a file, or without the column. UnknownName: no such column. NotFinite: a feature is NaN.
    """
    if path.is_dir():
        paths, pictures = read_pictures(path)
        return pool_from_arrays(paths, pictures, seed=seed)
    if not path.is_file():
        raise BadFile(str(path), got="no such file", expected="a file of items, or a folder of images")
    if path.suffix == ".npz":
        return _images(path, seed) or _features(path, seed)
    if path.suffix == ".safetensors":
        return _features(path, seed)
    if path.suffix == ".parquet" and text is None and not _has_text(pl.read_parquet_schema(path)):
        return _features(path, seed)
    batches = [batch for batch, _ in read_batches(path, format_of(path)) if batch.height]
    if not batches:
        raise BadFile(path.name, got="no rows", expected="at least one row below the header")
    table = pl.concat(batches, how="diagonal_relaxed")
    columns = [name for name in table.columns if name != ROW]
    if text is not None and text not in columns:
        raise UnknownName(f"{path.name}, column", text, columns)
    column = text or next((name for name in TEXT_HEADERS if name in columns), None)
    if column is None:
        have = ", ".join(columns)
        raise BadFile(path.name, got=f"the columns {have}", expected="one of text", do="Name it with --text COLUMN")
    named = next((name for name in ITEM_HEADERS if name in columns), None)
    names = table[named].cast(pl.String) if named else table[ROW].cast(pl.String)
    for name, cells in ((named or ROW, names), (column, table[column])):
        if cells.null_count():
            row = table[ROW][int(cells.is_null().arg_true()[0])]
            raise BadValue(f"{path.name}, row {row}, column {name!r}", got="an empty cell", expected="a value")
    return pool_from_texts(names.to_list(), table[column].cast(pl.String).to_list(), seed=seed)


def _has_text(schema: dict[str, pl.DataType]) -> bool:
    return any(schema.get(name) == pl.String for name in TEXT_HEADERS)


def _features(path: Path, seed: int) -> Pool:
    features = read_features(path)
    return pool_from_arrays(features.item_ids, features.values, seed=seed)


def _images(path: Path, seed: int) -> Pool | None:
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            if "images" not in stored:
                return None
            images = stored["images"]
            names = tuple(map(str, stored["item_id"])) if "item_id" in stored else tuple(map(str, range(len(images))))
    except (BadZipFile, OSError, ValueError, EOFError) as error:
        raise BadFile(str(path), got=str(error).splitlines()[0], expected="arrays as NumPy writes them") from None
    return pool_from_arrays(names, images, seed=seed)


def _check_names(names: Sequence[str], n: int) -> None:
    if n == 0 or len(names) != n:
        raise BadValue("items", got=f"{len(names)} names for {n} items", expected="a name each, and at least one item")
    if len(set(names)) < len(names):
        ordered = sorted(names)
        twice = next(one for one, other in pairwise(ordered) if one == other)
        raise BadValue("items", got=f"{twice!r} twice", expected="a name of its own for each item")
