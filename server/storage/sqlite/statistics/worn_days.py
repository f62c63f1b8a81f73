"""First and last time of a group of which entries were deleted: those that are left of a day are looked at."""

import apsw
import msgspec

from server.core.query import make_filter
from server.core.statistics import GroupTotals
from server.core.statistics.deadline import Deadline
from server.core.statistics.groups import DAY
from server.storage.sqlite.index.view import IndexReader
from server.storage.sqlite.statistics.entries import matching_entries
from server.storage.sqlite.statistics.group_rows import DatedTotals
from server.storage.sqlite.statistics.standing import one_state


def with_times(
    log: apsw.Connection, reader: IndexReader, organisation: int, dated: DatedTotals, deadline: Deadline
) -> GroupTotals:
    """The totals with the times of what is left; with those they had where time is up."""
    if not dated.worn and _are_certain(dated):
        return dated.totals
    firsts, lasts = list(dated.certain[0]), list(dated.certain[1])
    with one_state(log):
        for day in dated.worn:
            filters = make_filter(group_id=[dated.totals.id], from_time=day * DAY, to_time=(day + 1) * DAY)
            for entry in matching_entries(log, reader, organisation, filters, deadline):
                firsts.append(entry.totals.first_event_time)
                lasts.append(entry.totals.last_event_time)
    if not deadline.was_met or not firsts:
        return dated.totals
    return msgspec.structs.replace(dated.totals, first_event_time=min(firsts), last_event_time=max(lasts))


def _are_certain(dated: DatedTotals) -> bool:
    firsts, lasts = dated.certain
    totals = dated.totals
    return min(firsts) == totals.first_event_time and max(lasts) == totals.last_event_time
