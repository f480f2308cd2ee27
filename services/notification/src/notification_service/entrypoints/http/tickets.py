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
    """A ticket that opens one WebSocket (`GET /ws?ticket=…`), once, with the rights of this access token."""
    ticket, expires_in = await does.issue_ticket(IssueTicket(visitor))
    return TicketView(ticket=ticket, expires_in=expires_in)
