"""What entries add up to: histograms, facets and groups. All of it sums events, never entries."""

from server.core.statistics.facets import FACET_FIELDS, FacetCounts, Facets, FacetValue
from server.core.statistics.group_changes import GroupChange, check_group_change, read_group_change
from server.core.statistics.group_lists import (
    FoundGroup,
    GroupPage,
    GroupQuery,
    GroupSort,
    Place,
    page_of,
    parse_sort,
    parse_statuses,
    place_of,
)
from server.core.statistics.group_totals import GroupSum
from server.core.statistics.groups import Group, GroupState, GroupStatus, GroupTotals, status_of
from server.core.statistics.histogram import (
    Bucket,
    Histogram,
    HistogramQuestion,
    bucket_of,
    format_step,
    has_only_levels,
    parse_step,
    step_from_milliseconds,
)

__all__ = [
    "FACET_FIELDS",
    "Bucket",
    "FacetCounts",
    "FacetValue",
    "Facets",
    "FoundGroup",
    "Group",
    "GroupChange",
    "GroupPage",
    "GroupQuery",
    "GroupSort",
    "GroupState",
    "GroupStatus",
    "GroupSum",
    "GroupTotals",
    "Histogram",
    "HistogramQuestion",
    "Place",
    "bucket_of",
    "check_group_change",
    "format_step",
    "has_only_levels",
    "page_of",
    "parse_sort",
    "parse_statuses",
    "parse_step",
    "place_of",
    "read_group_change",
    "status_of",
    "step_from_milliseconds",
]
