"""The services that the week needs, wired in this process with the demonstration's clock, and what keeps them going."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Final, override

import uvicorn
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

import auth_service.bootstrap as auth_wiring
import parking_service.bootstrap as parking_wiring
import payment_service.bootstrap as payment_wiring
import reservation_service.bootstrap as reservation_wiring
from auth_service.settings import AuthSettings
from parking_chassis.settings import ServiceSettings
from parking_kernel.clocks import Clock
from parking_messaging import KafkaConnection, RelaySettings, postgres_relay
from parking_service.entrypoints.consumers import ORGANIZATIONS
from parking_service.entrypoints.consumers import messaging as parking_messaging
from parking_service.settings import ParkingSettings
from payment_service.application.commands.reconcile_payments import ReconcilePayments
from payment_service.application.commands.send_refunds import SendRefunds
from payment_service.entrypoints.consumers import messaging as payment_messaging
from payment_service.entrypoints.http.app import payment_app
from payment_service.settings import PaymentSettings
from reservation_service.entrypoints.consumers import messaging as reservation_messaging
from reservation_service.settings import ReservationSettings

POLL_SECONDS: Final = 0.05
REFUNDS_SECONDS: Final = 0.2
LOOK_SECONDS: Final = 2.0
CONNECTIONS: Final = 16
"""Of each service, kept open: one process does here what two share elsewhere."""
CHEAP_HASHES: Final = 4
"""Nobody knows the passwords of the other drivers, so that nothing is won by hashing them slowly."""

Loop = Callable[[asyncio.Event], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Services:
    """The wired services and their settings."""

    auth: auth_wiring.Auth
    parking: parking_wiring.Parking
    reservation: reservation_wiring.Reservation
    payments: payment_wiring.Payments
    auth_settings: AuthSettings
    parking_settings: ParkingSettings

    @property
    def settings(self) -> Sequence[ServiceSettings]:
        """Those of each."""
        return (self.auth_settings, self.parking_settings, self.reservation.settings, self.payments.settings)

    @property
    def engines(self) -> Sequence[AsyncEngine]:
        """The database of each."""
        return (self.auth.engine, self.parking.engine, self.reservation.engine, self.payments.engine)


def wired(clock: Clock, database_urls: Mapping[str, str]) -> Services:
    """All of them, by the settings in the environment, but for the clock and the URLs of their databases."""
    # The environment gives the values that pyright misses.
    auth_settings = _changed(
        AuthSettings(),  # pyright: ignore[reportCallIssue]
        database_urls["auth"],
        bcrypt_cost=CHEAP_HASHES,
    )
    parking_settings = _changed(ParkingSettings(), database_urls["parking"])  # pyright: ignore[reportCallIssue]
    payment_settings = _changed(PaymentSettings(), database_urls["payment"])  # pyright: ignore[reportCallIssue]
    reservation_settings = _changed(
        ReservationSettings(),  # pyright: ignore[reportCallIssue]
        database_urls["reservation"],
    )
    return Services(
        auth_wiring.bootstrap(auth_settings, clock=clock),
        parking_wiring.bootstrap(parking_settings, clock=clock),
        reservation_wiring.bootstrap(reservation_settings, clock=clock),
        payment_wiring.bootstrap(payment_settings, clock=clock),
        auth_settings,
        parking_settings,
    )


@asynccontextmanager
async def at_work(services: Services) -> AsyncIterator[None]:
    """Relays, consumers, payment's timers and its webhook endpoint, for the block. A failure ends the block too."""
    stop = asyncio.Event()
    receiver = _Receiver(services.payments)
    async with AsyncExitStack() as closing:
        closing.push_async_callback(_close, services)
        async with asyncio.TaskGroup() as tasks:
            for loop in (*_messaging(services), *_timers(services.payments)):
                tasks.create_task(_until_stopped(loop, stop))
            tasks.create_task(receiver.serve())
            try:
                yield
            finally:
                stop.set()
                receiver.should_exit = True


async def outboxes_are_empty(services: Services) -> bool:
    """Whether all events were published."""
    return not any([await _has_unsent(engine) for engine in services.engines])


def _changed[Settings: ServiceSettings](settings: Settings, database_url: str, **values: object) -> Settings:
    changes = {"database_url": database_url, "pool_size": CONNECTIONS, **values}
    return settings.model_copy(update=changes)


class _Receiver(uvicorn.Server):
    """Payment's HTTP application, which takes the provider's webhooks. Signals are the seeding's own business."""

    def __init__(self, payments: payment_wiring.Payments) -> None:
        address = payments.settings
        config = uvicorn.Config(
            payment_app(payments), host=address.http_host, port=address.http_port, log_config=None, access_log=False
        )
        super().__init__(config)

    @override
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _messaging(services: Services) -> Iterator[Loop]:
    for name, settings in zip(("auth", "parking", "reservation", "payment"), services.settings, strict=True):
        kafka = KafkaConnection(**settings.kafka, client_id=name)
        # Somebody waits for every event here: it is looked for as often as in a busy relay.
        often = RelaySettings(service=name, idle_poll=POLL_SECONDS)
        # Events are sent now, whenever they happened: a row that is marked as sent a week ago would be deleted at once.
        own = type(settings)()  # pyright: ignore[reportCallIssue] - the environment gives the values
        yield postgres_relay(settings=often, database_url=own.relay_url, kafka=kafka).run
    yield parking_messaging(services.parking).consumers[ORGANIZATIONS].run
    for consumer in reservation_messaging(services.reservation).consumers.values():
        yield consumer.run
    for consumer in payment_messaging(services.payments).consumers.values():
        yield consumer.run


def _timers(payments: payment_wiring.Payments) -> Iterator[Loop]:
    does = payments.use_cases

    async def reconcile_payments() -> object:
        return await does.reconcile_payments(ReconcilePayments())

    async def send_refunds() -> object:
        return await does.send_refunds(SendRefunds())

    yield _repeated(reconcile_payments, LOOK_SECONDS)
    yield _repeated(send_refunds, REFUNDS_SECONDS)


def _repeated(action: Callable[[], Awaitable[object]], seconds: float) -> Loop:
    async def loop(stop: asyncio.Event) -> None:
        while not stop.is_set():
            await action()
            await asyncio.sleep(seconds)

    return loop


async def _until_stopped(loop: Loop, stop: asyncio.Event) -> None:
    await loop(stop)
    if not stop.is_set():
        raise RuntimeError(f"{loop} ended by itself")


async def _has_unsent(engine: AsyncEngine) -> bool:
    async with engine.connect() as connection:
        return bool(await connection.scalar(text("SELECT EXISTS (SELECT 1 FROM outbox WHERE sent_at IS NULL)")))


async def _close(services: Services) -> None:
    """What payment holds is closed with its application."""
    services.auth.passwords.close()
    await services.parking.http.aclose()
    await services.reservation.http.aclose()
    await services.reservation.booking_pool.close()
    for engine in services.engines:
        await engine.dispose()
