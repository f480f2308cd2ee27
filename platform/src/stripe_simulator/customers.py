"""Customers."""

from typing import Any

from stripe_simulator import payment_methods
from stripe_simulator.account import Account, Body, merge_metadata, new_id
from stripe_simulator.calls import Call, Operation
from stripe_simulator.errors import no_such
from stripe_simulator.lists import page
from stripe_simulator.parameters import ADDRESS, EXPAND, PAGE, Form, Kind, Metadata, Text, Texts

PLAIN = ("email", "name", "phone", "description", "address", "preferred_locales")
FIELDS: dict[str, Kind] = {
    "email": Text(512, unsets=True),
    "name": Text(256, unsets=True),
    "phone": Text(20, unsets=True),
    "description": Text(350, unsets=True),
    "address": ADDRESS,
    "preferred_locales": Texts(),
    "metadata": Metadata(),
    **EXPAND,
}


def living(account: Account, customer: str, param: str = "customer") -> Body:
    """A customer that is not deleted; raises `resource_missing` for a parameter that names none."""
    found = account.get("customer", customer, param, 400)
    if found.get("deleted"):
        raise no_such("customer", customer, param, 400)
    return found


def address(given: dict[str, Any] | None) -> dict[str, Any] | None:
    """An address with all its lines."""
    return None if given is None else {name: given.get(name) for name in ADDRESS.fields}


def create(call: Call) -> Body:
    """POST /v1/customers."""
    customer: Body = {
        "id": new_id("cus", 14),
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": call.account.now(),
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": None,
        "invoice_prefix": new_id("x", 8)[2:].upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {},
        "name": None,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }
    write(customer, call)
    call.account.insert(customer)
    call.account.emit("customer.created", customer)
    if method := call.get("payment_method"):
        payment_methods.attach_to(call.account, method, customer["id"])
    return customer


def write(customer: Body, call: Call) -> None:
    """Take over the parameters that are plain fields."""
    customer |= call.named(*PLAIN)
    customer["address"] = address(customer["address"])
    if "metadata" in call.parameters:
        merge_metadata(customer, call["metadata"])


def retrieve(call: Call) -> Body:
    """GET /v1/customers/{customer}; a deleted one is answered as such."""
    return call.account.get("customer", call.path["customer"], "id")


def update(call: Call) -> Body:
    """POST /v1/customers/{customer}."""
    customer = existing(call)
    write(customer, call)
    call.account.save(customer)
    call.account.emit("customer.updated", customer)
    return customer


def existing(call: Call) -> Body:
    """The customer of the path, unless deleted."""
    customer = retrieve(call)
    if customer.get("deleted"):
        raise no_such("customer", customer["id"], "id")
    return customer


def delete(call: Call) -> Body:
    """DELETE /v1/customers/{customer}: its payment methods are detached for good."""
    customer = existing(call)
    for method in payment_methods.of_customer(call.account, customer["id"]):
        payment_methods.detach_from_customer(call.account, method)
    call.account.emit("customer.deleted", customer)
    return call.account.save(
        {"id": customer["id"], "object": "customer", "deleted": True},
    )


def listed(call: Call) -> Body:
    """GET /v1/customers."""
    return page(call.account, "customer", "/v1/customers", call.parameters)


def list_payment_methods(call: Call) -> Body:
    """GET /v1/customers/{customer}/payment_methods."""
    customer = existing(call)["id"]
    url = f"/v1/customers/{customer}/payment_methods"
    return page(call.account, "payment_method", url, call.parameters, customer=customer)


OPERATIONS = (
    Operation("POST", "/v1/customers", Form({**FIELDS, "payment_method": Text()}), create),
    Operation("GET", "/v1/customers", Form({**PAGE, "email": Text()}), listed),
    Operation("GET", "/v1/customers/{customer}", Form(EXPAND), retrieve),
    Operation("POST", "/v1/customers/{customer}", Form(FIELDS), update),
    Operation("DELETE", "/v1/customers/{customer}", Form({}), delete),
    Operation(
        "GET",
        "/v1/customers/{customer}/payment_methods",
        Form({**{name: kind for name, kind in PAGE.items() if name != "created"}, "type": Text()}),
        list_payment_methods,
    ),
)
