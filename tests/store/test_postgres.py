"""A project in PostgreSQL keeps the promises that a file keeps, and says plainly what is wrong with a server."""

import signal
import threading

import polars as pl
import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tacit.errors import BadQuestion, BadValue, CannotWrite, NewerStore, NotAStore, StoreError, UnknownName
from tacit.judging import Item, ItemKind, Media
from tacit.store import Store, restore
from tacit.store.places import DatabaseUrl, place_of

LARGE = Item(ItemKind.TEXT, b"large " * 10_000, "text/plain")


def schema_of(url):
    return url.rpartition("%3D")[2]
