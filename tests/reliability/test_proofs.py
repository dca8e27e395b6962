"""A DPoP proof is good once, however many nodes are shown it, and its nonce is good on each (S-059)."""

import pytest

from tests.idp.proofs import Holder
from tests.live.server import Server

pytestmark = pytest.mark.engines


@pytest.fixture(scope="module")
def nodes(make_server) -> tuple[Server, Server]:
    first = make_server(engine="postgres", IDP_REQUIRE_DPOP_NONCE="on")
    return first, make_server(twin_of=first)


@pytest.fixture(scope="module")
def machine(nodes) -> dict[str, str]:
    return nodes[0].client(
        client_name="A machine", grant_types=["client_credentials"], scope="read", redirect_uris=[]
    )


def shown(node: Server, machine: dict[str, str], proof: str):
    credentials = (machine["client_id"], machine["client_secret"])
    return node.post(
        "/oauth2/token", {"grant_type": "client_credentials"}, auth=credentials, headers={"DPoP": proof}
    )


def test_s_059_a_proof_shown_to_both_nodes_at_once_is_accepted_by_one(nodes, machine, at_once):
    holder, uri = Holder(), f"{nodes[0].url}/oauth2/token"
    asked = shown(nodes[0], machine, holder.proof(uri))
    assert (asked.status_code, asked.json()["error"]) == (400, "use_dpop_nonce")

    proof = holder.proof(uri, nonce=asked.headers["DPoP-Nonce"])
    turns = iter(list(nodes) * 10)
    answers = at_once(20, lambda: shown(next(turns), machine, proof))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 19
    again = shown(nodes[1], machine, holder.proof(uri, nonce=asked.headers["DPoP-Nonce"]))
    assert again.status_code == 200  # the other node knows the first one's nonce
