"""The fixtures that every other integration test stands on."""

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from redis.asyncio import Redis

from parking_platform.testing.servers import ElasticsearchServer, KafkaServer, PostgresServer, RedisServer, StripeServer


async def test_postgres_makes_a_database_with_extensions(postgres_server: PostgresServer) -> None:
    url = await postgres_server.create_database(extensions=("postgis", "btree_gist", "pg_trgm"))

    connection = await asyncpg.connect(url)
    try:
        assert await connection.fetchval("SELECT ST_AsText(ST_MakePoint(1, 2))") == "POINT(1 2)"
    finally:
        await connection.close()


async def test_postgres_copies_and_drops_a_database(postgres_server: PostgresServer) -> None:
    await postgres_server.create_database("copied_from")
    await postgres_server.execute("CREATE TABLE marks (id int)", database="copied_from")

    await postgres_server.create_database("copy", template="copied_from")
    await postgres_server.execute("INSERT INTO marks VALUES (1)", database="copy")
    await postgres_server.drop_database("copy")

    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await postgres_server.execute("SELECT 1", database="copy")


async def test_redis_keeps_a_value(redis_server: RedisServer) -> None:
    redis = Redis.from_url(redis_server.database_url(3), decode_responses=True)
    try:
        await redis.set("key", "value")
        assert await redis.get("key") == "value"
    finally:
        await redis.aclose()


async def test_kafka_delivers_to_a_group(kafka_server: KafkaServer) -> None:
    topic = await kafka_server.create_topic(partitions=3)
    producer = AIOKafkaProducer(bootstrap_servers=kafka_server.bootstrap_servers, enable_idempotence=True)
    await producer.start()
    try:
        await producer.send_and_wait(topic, b"value", key=b"key")
    finally:
        await producer.stop()

    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=kafka_server.bootstrap_servers,
        group_id="test",
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        assert (await consumer.getone()).value == b"value"
    finally:
        await consumer.stop()


async def test_stripe_knows_its_keys(stripe_server: StripeServer) -> None:
    async with httpx.AsyncClient(base_url=stripe_server.url) as client:
        known = await client.get("/v1/payment_intents", auth=(stripe_server.keys.secret_key, ""))
        unknown = await client.get("/v1/payment_intents", auth=("sk_test_other", ""))

    assert (known.status_code, unknown.status_code) == (200, 401)


async def test_elasticsearch_finds_a_document(elasticsearch_server: ElasticsearchServer) -> None:
    async with httpx.AsyncClient(base_url=elasticsearch_server.url) as client:
        assert (await client.put("/lots")).status_code == 200
        await client.put("/lots/_doc/1?refresh=true", json={"name": "Central"})
        found = await client.get("/lots/_search", params={"q": "name:central"})

    assert found.json()["hits"]["total"]["value"] == 1
