"""What can be wrong, as sentences. Which HTTP status each one is stands at the edge."""


class NotificationError(Exception):
    """Anything that this domain refuses."""


class UnknownNotification(NotificationError):
    """No such notification, or it is another user's."""

    def __init__(self, notification_id: object) -> None:
        super().__init__(f"There is no notification {notification_id}.")


class UnknownRoom(NotificationError):
    """No such room, or none that the asking person may know of."""

    def __init__(self, room: object) -> None:
        super().__init__(f"There is no room {room}.")


class InvalidTicket(NotificationError):
    """The ticket was never given out, was used, or is too old."""

    def __init__(self) -> None:
        super().__init__("The ticket is not valid: it was used, or is older than 30 seconds.")
