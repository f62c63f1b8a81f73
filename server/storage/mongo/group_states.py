"""Decisions about groups."""

from collections.abc import Mapping
from typing import Any

import msgspec

from server.core.statistics import GroupState
from server.storage.mongo.schema import GROUP_STATES


class GroupStates:
    """One document a group that somebody decided about; its id names organisation and group."""

    def __init__(self, database: Any) -> None:
        self._states = database[GROUP_STATES]

    async def read(self, organisation: int, group_id: str) -> GroupState | None:
        """The decision about a group, if there is one."""
        found = await self._states.find_one({"_id": _id(organisation, group_id)})
        return None if found is None else _state(found)

    async def read_all(self, organisation: int) -> dict[str, GroupState]:
        """All decisions by group."""
        return {found["group"]: _state(found) async for found in self._states.find({"organisation": organisation})}

    async def write(self, organisation: int, group_id: str, state: GroupState) -> None:
        """Keep a decision in place of the one before."""
        fields = {"organisation": organisation, "group": group_id, **msgspec.to_builtins(state)}
        await self._states.replace_one({"_id": _id(organisation, group_id)}, fields, upsert=True)


def _id(organisation: int, group_id: str) -> str:
    return f"{organisation}/{group_id}"


def _state(found: Mapping[str, Any]) -> GroupState:
    return msgspec.convert({name: found[name] for name in GroupState.__struct_fields__}, GroupState)
