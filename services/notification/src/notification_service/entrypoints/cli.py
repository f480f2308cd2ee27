"""`notification-service`: serve, work, migrate, replay, openapi."""

import logging
from functools import partial

from fastapi import FastAPI

import notification_service
from notification_service.bootstrap import SERVICE, Notification, bootstrap, resources
from notification_service.entrypoints.consumers import GROUPS, messaging
from notification_service.entrypoints.http.app import notification_app
from notification_service.entrypoints.worker import run_worker
from notification_service.settings import NotificationSettings
from parking_chassis.cli import Arguments, ServiceCommands, run_command_line
from parking_messaging.replay import add_replay_arguments

COMMANDS = ServiceCommands(SERVICE, notification_service, NotificationSettings, bootstrap)


def _served_app(service: Notification) -> FastAPI:
    logging.getLogger("uvicorn.error").addFilter(_names_nobody)
    return notification_app(service)


def _names_nobody(record: logging.LogRecord) -> bool:
    """Leaves out uvicorn's line for each WebSocket, which has the peer's address, and the query with its ticket."""
    return '"WebSocket %s"' not in str(record.msg)


async def make_topics(settings: NotificationSettings) -> None:
    """Make the topics that notification owns. Raises `ConnectionError` with what is wrong."""
    service = bootstrap(settings)
    async with resources(service):
        await messaging(service).make_topics()


async def _replay(service: Notification, arguments: Arguments) -> int:
    return await messaging(service).replay(arguments)


def main() -> None:
    """The console script."""
    run_command_line(
        "notification-service",
        "Who is notified of what, and how.",
        [
            COMMANDS.serve("answer HTTP and WebSockets", _served_app),
            COMMANDS.work("consume events, send mails, publish events", run_worker),
            COMMANDS.migrate("make what this version needs: schema, topics", make_topics),
            COMMANDS.command(
                "replay",
                "apply dead letters again",
                _replay,
                resources=resources,
                add_arguments=partial(add_replay_arguments, groups=GROUPS),
            ),
            COMMANDS.openapi(notification_app),
        ],
    )
