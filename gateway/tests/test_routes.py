"""Every path goes to the service that owns it, and nothing else goes anywhere."""

import httpx
import pytest

ID = "018f6d3a-7c1e-7b4e-9a39-2f5d1c0b9e11"

OWNED = {
    "auth": """
        auth/register auth/verify-email auth/verify-email/resend
        auth/password/forgot auth/password/reset auth/password/change
        auth/token auth/revoke auth/introspect auth/sessions auth/sessions/{id}
        users/me users/me/export users users/{id} users/{id}/roles/operator roles
        users/{id}/suspend users/{id}/reinstate
        organizations organizations/{id} organizations/{id}/members/{id} clients clients/{id}
    """,
    "parking": """
        parking-lots parking-lots/{id} parking-lots/{id}/spots parking-lots/{id}/tariff parking-lots/{id}/route
        parking-lots/{id}/opening-hours parking-lots/{id}/closures parking-lots/{id}/occupancy parking-lots/import
        spots/{id} imports/{id} supply-changes/{id} feeds/lots.geojson feeds/datex2.xml feeds/apds.json
    """,
    "reservation": """
        quotes parking-lots/{id}/availability reservations reservations/{id} reservations/{id}/extend
        reservations/{id}/cancel reservations/{id}/qr reservations/{id}/calendar.ics
        gates/check-in gates/check-out gates/jwks.json gates/list waitlist waitlist/{id} waitlist/{id}/accept
    """,
    "payment": """
        payments payments/{id} payments/{id}/refunds payment-methods payment-methods/{id}
        webhooks/stripe invoices invoices/{id} invoices/{id}.pdf
    """,
    "notification": """
        ws/tickets notifications notifications/{id}/read notifications/preferences
        push-subscriptions parking-lots/{id}/watch announcements
    """,
    "analytics": """
        analytics/occupancy analytics/revenue analytics/usage analytics/demand analytics/live
        reports/daily reports/monthly reports/custom
    """,
}
ROUTES = [(path.replace("{id}", ID), service) for service, paths in OWNED.items() for path in paths.split()]


@pytest.mark.parametrize(("path", "service"), ROUTES)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_path_goes_to_its_owner_as_it_is(client: httpx.AsyncClient, method: str, path: str, service: str):
    answer = await client.request(method, f"/api/v1/{path}?limit=5&q=a%20b")

    assert answer.status_code == 200
    echo = answer.json()
    assert (echo["service"], echo["method"]) == (service, method)
    assert (echo["path"], echo["query"]) == (f"/api/v1/{path}", "limit=5&q=a%20b")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_other_methods_go_there_too(client: httpx.AsyncClient, method: str):
    echo = (await client.request(method, f"/api/v1/parking-lots/{ID}/watch")).json()

    assert (echo["service"], echo["method"]) == ("notification", method)


@pytest.mark.parametrize(
    "path",
    [
        "/", "/healthz", "/readyz", "/metrics", "/openapi.json", "/internal/users", "/status", "/judge", "/keys",
        "/api", "/api/", "/api/v1", "/api/v1/", "/api/v1/nothing", "/api/v1/reservationsx", "/api/v2/reservations",
        "/api/v1/internal/users", "/_problem", "/_token", "/_unjudged", "/conf/nginx.conf", "/docs.html",
    ],
)  # fmt: skip
async def test_anything_else_is_not_found(client: httpx.AsyncClient, path: str):
    answer = await client.get(path)

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/not-found"


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/auth/token/../../../internal/users",
        "/api/v1/auth/token/..%2f..%2f..%2finternal/users",
        "/api/v1/reservations/%2e%2e/payments",
        "/internal/../api/v1/reservations",
        "/api/v1//reservations",
        "/api/v1/./reservations",
        "/api/v1/reservations/..",
        "/api/v1/reservations/a%5C..%5Cb",
        "/api/v1/reservations/%2E%2E/x",
    ],
)
async def test_path_that_two_readers_could_read_differently_reaches_no_service(
    gateway, services, path: str
):  # httpx would tidy such a path up
    asked = [len(service.paths_asked) for service in services.values()]

    answer = await gateway.raw(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())

    assert answer.split(b" ")[1] in {b"400", b"404"}
    assert b"application/problem+json" in answer
    assert [len(service.paths_asked) for service in services.values()] == asked
