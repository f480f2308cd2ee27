import asyncio, time
from collections import Counter
import pytest
from services.reservation.tests.driving import Database, Driver, wish
@pytest.mark.parametrize("n", [8,2,1,3])
async def test_c1(client, make_lot, signed_in, database, n, monkeypatch):
    import reservation_service.application.commands.reserve_spot as m
    m._CANDIDATES = n
    lot = await make_lot(["standard"]*100)
    driver = Driver(client, signed_in()); sem = asyncio.Semaphore(256); lat=[]
    async def attempt():
        async with sem:
            t=time.perf_counter(); a = await driver.reserve(wish(lot)); lat.append(time.perf_counter()-t); return a.status_code
    t=time.perf_counter()
    c=Counter(await asyncio.gather(*(attempt() for _ in range(3000))))
    lat.sort()
    ok = await database.rows("SELECT min(created_at) FILTER (WHERE status = 409) > max(created_at) FILTER (WHERE status = 201) FROM idempotency_keys")
    print("RESULT", n, c, round(time.perf_counter()-t,1), "p50", round(lat[1500],2), "p99", round(lat[2970],2), "max", round(lat[-1],2), "justified", ok)
