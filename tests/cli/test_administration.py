"""The administration commands, on a real file, beside a server and without one."""

import json
import re
from datetime import datetime

import msgspec

from server.commands.keys import describe_key
from server.core.model import ApiKey, Debounce
from server.http_api.answers import key_body
from tests.support.command_line import Server, Tracking


def test_an_organisation_is_created_and_listed(tracking: Tracking) -> None:
    assert "'shop'" in tracking("organisation", "create", "shop").stdout
    assert json.loads(tracking("organisation", "create", "lab", "--json").stdout) == {"name": "lab"}
    assert tracking("organisation", "list").stdout == "shop\nlab\n"
    listed = json.loads(tracking("organisation", "list", "--json").stdout)
    assert listed == {"organisations": [{"name": "shop"}, {"name": "lab"}]}


def test_a_taken_name_is_refused(tracking: Tracking) -> None:
    tracking("organisation", "create", "shop")
    again = tracking("organisation", "create", "shop")
    assert (again.returncode, "shop" in again.stderr) == (2, True)


def test_a_key_is_shown_once_and_never_again(tracking: Tracking) -> None:
    tracking("organisation", "create", "shop")
    shown = tracking("key", "create", "--organisation", "shop").stdout
    secret = re.findall(r"^ +(trk_[0-9A-Za-z]{43})$", shown, re.MULTILINE)
    assert len(secret) == 1
    assert "only this once" in shown
    for listed in (tracking("key", "list").stdout, tracking("key", "list", "--json").stdout):
        assert "key_" in listed
        assert secret[0] not in listed


def test_a_key_in_json_is_one_object_as_rest_answers_it(tracking: Tracking) -> None:
    tracking("organisation", "create", "shop")
    words = ("--kind", "browser", "--origin", "https://a.example", "--origin", "https://b.example", "--rate", "7")
    done = tracking("key", "create", "--organisation", "shop", "--name", "web", *words, "--json")
    made = json.loads(done.stdout)
    assert done.stdout.count("\n") == 1
    assert made.pop("key").startswith("trkb_")
    assert datetime.fromisoformat(made.pop("createTime")).tzinfo is not None
    assert made.pop("id").startswith("key_")
    assert made == {
        "organisation": "shop",
        "name": "web",
        "kind": "browser",
        "scopes": ["ingest"],
        "origins": ["https://a.example", "https://b.example"],
        "rate": 7,
    }


def test_a_key_may_have_what_records_of_otlp_get(tracking: Tracking) -> None:
    tracking("organisation", "create", "shop")
    words = ("key", "create", "--organisation", "shop", "--json")
    bare = json.loads(tracking(*words, "--otlp-debounce", "--otlp-component", "collector").stdout)
    assert (bare["otlpDebounce"], bare["otlpComponent"]) == (True, "collector")
    timed = json.loads(tracking(*words, "--otlp-debounce", "5m").stdout)
    assert timed["otlpDebounce"] == {"maxInterval": "5m"}
    assert "otlpComponent" not in timed
    refused = tracking(*words, "--otlp-debounce", "soon")
    assert (refused.returncode, "maxInterval" in refused.stderr) == (2, True)


def test_a_key_is_described_as_rest_describes_it() -> None:
    key = ApiKey(
        id="key_1",
        organisation_id=1,
        organisation="shop",
        kind="server",
        scopes=frozenset({"read", "ingest"}),
        name="n",
        rate=0,
        create_time=1,
        last_use_time=2,
        revoke_time=3,
        otlp_debounce=Debounce("k", 1500),
        otlp_component="c",
    )
    bare = ApiKey(id="key_2", organisation_id=1, organisation="shop", kind="server", scopes=frozenset({"read"}))
    for each in (key, bare):
        assert json.loads(msgspec.json.encode(describe_key(each))) == json.loads(msgspec.json.encode(key_body(each)))


def test_scopes_may_be_repeated_or_listed(tracking: Tracking) -> None:
    tracking("organisation", "create", "shop")
    for words in (("--scope", "read", "--scope", "ingest"), ("--scope", "read,ingest")):
        made = tracking("key", "create", "--organisation", "shop", *words, "--json").stdout
        assert json.loads(made)["scopes"] == ["ingest", "read"]


def test_keys_are_listed_by_organisation(tracking: Tracking) -> None:
    for name in ("shop", "lab"):
        tracking("organisation", "create", name)
        tracking("key", "create", "--organisation", name, "--name", f"{name}-key")
    listed = json.loads(tracking("key", "list", "--json").stdout)["keys"]
    assert [key["name"] for key in listed] == ["shop-key", "lab-key"]
    of_lab = tracking("key", "list", "--organisation", "lab").stdout
    assert of_lab.count("\n") == 1
    assert "lab-key" in of_lab


def test_a_revoked_key_is_listed_as_revoked(tracking: Tracking) -> None:
    tracking("organisation", "create", "shop")
    key = json.loads(tracking("key", "create", "--organisation", "shop", "--json").stdout)
    assert key["id"] in tracking("key", "revoke", key["id"]).stdout
    assert "revokeTime" in json.loads(tracking("key", "list", "--json").stdout)["keys"][0]
    assert "revoked" in tracking("key", "list").stdout


def test_the_commands_work_beside_a_server(tracking: Tracking, client: Tracking, server: Server) -> None:
    at_server = ("--database-url", server.database_url)
    tracking("organisation", "create", "beside", *at_server)
    made = json.loads(tracking("key", "create", "--organisation", "beside", "--json", *at_server).stdout)
    assert client("log", "with the new key", "--api-key", made["key"]).returncode == 0
