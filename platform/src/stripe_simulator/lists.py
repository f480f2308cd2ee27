"""Stripe's lists: newest first, cursors by id, filters by field and by time; and `expand`."""

from typing import Any

from stripe_simulator.account import PREFIXES, Account, Body
from stripe_simulator.errors import refused

DEFAULT_LIMIT = 10
LARGEST_LIMIT = 100
COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
# The fields that lists filter by, written as the indices of store.py are.
FIELDS = {
    name: f"json_extract(body, '$.{name}')"
    for name in ("customer", "payment_intent", "charge", "source", "type", "email", "currency", "transfer_group")
}
EXPAND_DEPTH = 4


def page(account: Account, kind: str, url: str, parameters: dict[str, Any], **fixed: str) -> Body:
    """One page of a kind's objects, filtered by those parameters that are fields."""
    conditions, values = ["kind = ?"], [kind]
    for name, value in {**{name: parameters[name] for name in FIELDS if name in parameters}, **fixed}.items():
        conditions.append(f"{FIELDS[name]} = ?")
        values.append(value)
    return cut(account, conditions, values, url, parameters)


def cut(account: Account, conditions: list[str], values: list[Any], url: str, parameters: dict[str, Any]) -> Body:
    """Cut the page that times and cursors name out of what the conditions let through."""
    created = parameters.get("created", {})
    for name, moment in (created if isinstance(created, dict) else {"gte": created, "lte": created}).items():
        conditions.append(f"created {COMPARISONS[name]} ?")
        values.append(moment)
    limit = parameters.get("limit", DEFAULT_LIMIT)
    if not 1 <= limit <= LARGEST_LIMIT:
        message = f"Limit must be between 1 and {LARGEST_LIMIT}"
        raise refused(message, code="parameter_invalid_integer", param="limit")
    backwards = "ending_before" in parameters
    for name, comparison in (("starting_after", "<"), ("ending_before", ">")):
        if name in parameters:
            conditions.append(f"seq {comparison} ?")
            values.append(account.place(parameters[name], name))
    order = "ASC" if backwards else "DESC"
    found = account.select(" AND ".join(conditions), *values, order=order, limit=limit + 1)
    data = found[:limit]
    if backwards:
        data.reverse()
    return {"object": "list", "data": data, "has_more": len(found) > limit, "url": url}


def expanded(account: Account, body: Body, paths: list[str]) -> Body:
    """The answer with the ids at the given paths replaced by their objects."""
    for path in paths:
        segments = path.split(".")
        if len(segments) > EXPAND_DEPTH:
            raise refused("You cannot expand more than 4 levels of a property", param="expand")
        expand(account, body, segments, path)
    return body


def expand(account: Account, body: Body, segments: list[str], path: str) -> None:
    """Expand one path below an object."""
    name, rest = segments[0], segments[1:]
    if body.get("object") == "charge" and name == "refunds":
        body[name] = page(account, "refund", f"/v1/charges/{body['id']}/refunds", {}, charge=body["id"])
    value = body.get(name)
    if isinstance(value, str) and value.partition("_")[0] in PREFIXES:
        value = body[name] = account.find(value) or value
    elif name not in body or not isinstance(value, dict | list | None):
        raise refused(f"This property cannot be expanded ({path}).", param="expand")
    if not rest:
        return
    for below in value if isinstance(value, list) else [value]:
        if isinstance(below, dict):
            expand(account, below, rest, path)
