from collections.abc import Iterator

import httpx
import pytest
import stripe

from stripe_simulator import conformance
from stripe_simulator.process import PLAIN, SimulatorProcess
from stripe_simulator.receiver import WebhookReceiver, listening


# None of these outlives this folder's tests: what the simulator delivers late would meet tests that may use no socket.
@pytest.fixture(scope="package")
def receiver_server() -> Iterator[WebhookReceiver]:
    with listening() as receiver:
        yield receiver


@pytest.fixture(scope="package")
def running_simulator(
    tmp_path_factory: pytest.TempPathFactory, receiver_server: WebhookReceiver
) -> Iterator[SimulatorProcess]:
    simulator = SimulatorProcess(
        tmp_path_factory.mktemp("stripe") / "state.db",
        receiver_server.url,
        {"webhook_retry_base": 0.05, "settle_seconds": 3600},
    )
    simulator.start()
    yield simulator
    assert simulator.stop() in (0, -15), "it ends cleanly on SIGTERM"


@pytest.fixture(scope="session")
def description() -> conformance.Description:
    return conformance.Description(conformance.install())


@pytest.fixture(scope="package")
def mock_url(description: conformance.Description) -> Iterator[str]:
    with conformance.stripe_mock(description.directory) as url:
        yield url


@pytest.fixture
def simulator(
    running_simulator: SimulatorProcess,
    receiver_server: WebhookReceiver,
    description: conformance.Description,
    mock_url: str,
) -> Iterator[SimulatorProcess]:
    """An empty simulator; whatever a test sent to it is held against Stripe's own description afterwards."""
    running_simulator.control("POST", "/reset")
    receiver_server.clear()
    yield running_simulator
    problems = conformance.check(running_simulator.journal(), description, mock_url)
    assert not problems, "\n".join(problems)


@pytest.fixture
def receiver(receiver_server: WebhookReceiver) -> WebhookReceiver:
    return receiver_server


@pytest.fixture
def client(simulator: SimulatorProcess) -> Iterator[stripe.StripeClient]:
    """The official SDK, pointed at the simulator: no retries of its own, so that tests see every answer."""
    http = stripe.RequestsClient(timeout=30)
    yield stripe.StripeClient(simulator.secret_key, base_addresses={"api": simulator.url}, http_client=http)
    http.close()


@pytest.fixture
def browser(simulator: SimulatorProcess) -> Iterator[httpx.Client]:
    """What a page can do: the publishable key, and plain forms."""
    headers = {"Authorization": f"Bearer {simulator.publishable_key}"}
    with httpx.Client(base_url=simulator.url, headers=headers, verify=PLAIN, timeout=30) as page:
        yield page
