import cProfile, pstats, io, asyncio
from datetime import timedelta
from services.reservation.tests.driving import TOMORROW, Driver, wish


async def test_prof(client, make_lot, signed_in):
    import structlog

    structlog.configure(logger_factory=structlog.ReturnLoggerFactory(), cache_logger_on_first_use=False)
    lot = await make_lot(["standard"] * 400)
    driver = Driver(client, signed_in())

    async def one(i):
        r = await driver.reserve(wish(lot, start=TOMORROW + timedelta(hours=3 * (i % 20))))
        assert r.status_code == 201, r.text

    for i in range(300):
        await one(i)
    p = cProfile.Profile()
    p.enable()
    for i in range(1000):
        await one(i)
    p.disable()
    s = io.StringIO()
    ps = pstats.Stats(p, stream=s)
    ps.sort_stats("tottime").print_stats(45)
    ps.sort_stats("cumulative").print_stats("reservation_service|parking_")
    print(s.getvalue()[:16000])
