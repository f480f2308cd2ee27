"""What those who run auth look at: health, readiness, metrics, the API's description."""

import httpx
from prometheus_client.parser import text_string_to_metric_families
from services.auth.tests.api import me, signed_in

from auth_service.bootstrap import Auth


async def metrics(client: httpx.AsyncClient) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    text = (await client.get("/metrics")).text
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_it_lives_and_is_ready_with_database_and_key(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).json() == {"status": "ok"}
    ready = await client.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"database": "ok", "signing_key": "ok"})


async def test_without_a_signing_key_it_is_not_ready(auth: Auth, client: httpx.AsyncClient) -> None:
    async with auth.engine.begin() as connection:
        await connection.exec_driver_sql("DELETE FROM signing_keys")
    ready = await client.get("/readyz")
    assert (ready.status_code, ready.json()["database"]) == (503, "ok")
    assert "no signing key" in ready.json()["signing_key"]


async def test_requests_are_measured_by_route_never_by_path(client: httpx.AsyncClient) -> None:
    before = await metrics(client)
    tokens = await signed_in(client)
    await me(client, tokens)
    await client.get("/api/v1/nowhere/1")
    await client.get("/api/v1/nowhere/2")
    await client.request("BREW", "/api/v1/nowhere/3")
    await client.get("/api/v1/users/42", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    after = await metrics(client)

    def more(method: str, route: str, status: int) -> float:
        labels = frozenset({("method", method), ("route", route), ("status", str(status))})
        key = ("request_duration_seconds_count", labels)
        return after.get(key, 0) - before.get(key, 0)

    assert more("GET", "/api/v1/users/me", 200) == 1
    assert more("GET", "unknown", 404) == 2
    assert more("other", "unknown", 404) == 1
    assert more("GET", "/api/v1/users/{user_id}", 403) == 1
    routes = {dict(labels).get("route", "") for name, labels in after if name == "request_duration_seconds_count"}
    assert not any("nowhere" in route or "42" in route for route in routes)


async def test_the_pool_is_measured(client: httpx.AsyncClient) -> None:
    await signed_in(client)
    shown = await metrics(client)
    assert shown["database_connections", frozenset({("pool", "engine"), ("state", "in_use")})] >= 0
    assert shown["database_connections", frozenset({("pool", "engine"), ("state", "idle")})] >= 1


async def test_the_description_names_every_call_by_its_use_case(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    calls = [call for path in document["paths"].values() for call in path.values()]
    names = [call["operationId"] for call in calls]
    assert len(names) == len(set(names))
    assert {"register_user", "issue_token", "rename_organization"} <= set(names)
    assert all(call["description"] for call in calls)
    assert not any(path.startswith(("/healthz", "/readyz", "/metrics")) for path in document["paths"])
