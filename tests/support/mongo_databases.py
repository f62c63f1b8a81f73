"""Empty databases on one deployment of MongoDB, for one test after the other."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

from pymongo import MongoClient

from tests.support.mongod import ReplicaSet, external_url


class Databases:
    """A name is a database of this session; it is emptied, not made anew: making indexes takes longer than a test."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = secrets.token_hex(4)
        self._client: MongoClient[dict[str, object]] = MongoClient(url, w="majority", serverSelectionTimeoutMS=10_000)
        self._names: set[str] = set()

    def empty(self, name: str) -> str:
        """The URL of a database in which nothing is but indexes."""
        database = self._client[self._full(name)]
        self._names.add(name)
        for collection in database.list_collection_names():
            database[collection].delete_many({})
        return self.url_of(name)

    def url_of(self, name: str) -> str:
        """The URL of a database as it is."""
        return with_database(self.url, self._full(name))

    def close(self) -> None:
        """Leave nothing behind."""
        for name in self._names:
            self._client.drop_database(self._full(name))
        self._client.close()

    def _full(self, name: str) -> str:
        return f"tracking_test_{self._session}_{name}"


def with_database(url: str, name: str) -> str:
    """The same deployment, another database."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{name}"))


@contextmanager
def deployment() -> Iterator[str]:
    """The URL of a deployment for tests: somebody else's if one is named, a replica set of one member otherwise."""
    if (url := external_url()) is not None:
        yield url
        return
    replica_set = ReplicaSet()
    try:
        yield replica_set.url
    finally:
        replica_set.close()
