"""Jobs over HTTP: a request that starts one is answered with 202 and a `Location`, where this can be read."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from parking_chassis.schemas import ResponseBody, open_words
from parking_kernel.jobs import JobStatus


class JobAnswer(ResponseBody):
    """How far a job is: what each kind of them shows."""

    id: UUID
    status: Annotated[str, Field(description="how it stands", json_schema_extra=open_words(JobStatus))]
    total: Annotated[int, Field(description="how many things there are to do")]
    done: Annotated[int, Field(description="how many of them are settled, in whichever way")]
    started_at: datetime
    ended_at: Annotated[datetime | None, Field(description="null while it runs, and where an older version ended it")]
    failure: Annotated[str | None, Field(description="why it failed, and what can be done about that")]
