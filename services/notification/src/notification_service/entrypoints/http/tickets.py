"""Tickets for WebSockets."""

from fastapi import APIRouter

from notification_service.application.commands.issue_ticket import IssueTicket
from notification_service.entrypoints.http.dependencies import Does, VisitedBy
from parking_chassis.schemas import ResponseBody

router = APIRouter(prefix="/api/v1/ws", tags=["notifications"])


class TicketView(ResponseBody):
    """A ticket, and for how many seconds it counts."""

    ticket: str
    expires_in: int


@router.post("/tickets", status_code=201)
async def issue_ticket(does: Does, visitor: VisitedBy) -> TicketView:
    """A ticket that opens one WebSocket (`GET /api/v1/ws?ticket=…`), once, with the rights of this access token.

    `GET /api/v1/ws` takes the access token itself too, as the subprotocol `bearer.<access_token>`. Without either the
    handshake is 401. OpenAPI has no form for what is said there, in JSON:

    - the client sends `{"type": "subscribe", "room": "lot:<id>", "after": "<id>"}`, `unsubscribe` and `ping`; with
      `after` it gets what it missed of the last 24 hours;
    - the server sends `{"type": "event", "room": …, "id": …, "event": …, "data": {…}}`, and `subscribed`,
      `unsubscribed`, `pong` or `error`. Ids count up by one in each room.

    Rooms are `lot:<id>` for everyone who is signed in, and one's own `user:<id>`, `reservation:<id>` and
    `organization:<id>`. 4401 closes the socket when the access token expires: connect again with a new one.
    """
    ticket, expires_in = await does.issue_ticket(IssueTicket(visitor))
    return TicketView(ticket=ticket, expires_in=expires_in)
