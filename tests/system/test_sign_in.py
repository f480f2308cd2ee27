"""Signing in, through the gateway."""

import httpx

from parking_demo.people import API, Administrator, City, Driver, Operator


async def test_a_driver_signs_up_by_mail_and_sees_the_profile(driver: Driver) -> None:
    me = await driver.get("/users/me")
    assert me.status_code == 200
    assert me.json()["email"] == driver.email
    assert me.json()["is_verified"] is True
    assert me.json()["permissions"] == ["read:own_data", "read:parking", "write:reservation"]


async def test_a_used_refresh_token_ends_the_whole_login(driver: Driver, client: httpx.AsyncClient) -> None:
    first = driver.tokens["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": first}
    refreshed = await client.post(f"{API}/auth/token", data=form)
    assert refreshed.status_code == 200
    stolen = await client.post(f"{API}/auth/token", data=form)
    assert (stolen.status_code, stolen.json()["error"]) == (400, "invalid_grant")
    form["refresh_token"] = refreshed.json()["refresh_token"]
    assert (await client.post(f"{API}/auth/token", data=form)).status_code == 400
    assert (await driver.get("/users/me")).status_code == 401


async def test_a_bad_token_is_refused_before_any_service(client: httpx.AsyncClient) -> None:
    for token in ("abc", "a.b.c", "..", "x" * 5000):
        answer = await client.get(f"{API}/users/me", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401, token
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_an_operator_sees_its_organization_and_no_other(operator: Operator, administrator: Administrator) -> None:
    mine = (await operator.get("/organizations")).json()["items"]
    assert [each["id"] for each in mine] == [operator.organization_id]
    me = (await operator.get("/users/me")).json()
    assert me["roles"] == ["operator", "user"]
    assert [each["id"] for each in me["organizations"]] == [operator.organization_id]
    everyone = (await administrator.get("/organizations", params={"limit": 100})).json()["items"]
    assert operator.organization_id in {each["id"] for each in everyone}


async def test_a_driver_is_no_administrator(driver: Driver) -> None:
    answer = await driver.post("/organizations", {"name": "Mine"})
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/forbidden")


async def test_the_documentation_is_one_document(city: City) -> None:
    document = (await city.client.get("/api/openapi.json")).json()
    assert f"{API}/auth/token" in document["paths"]
    page = await city.client.get("/api/docs")
    assert page.status_code == 200
    assert "text/html" in page.headers["content-type"]
