"""Every rule finds what breaks it: manifests are broken in memory, and the rule has to say so."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.deployment import pod_rules as pods
from tests.deployment import setting_rules as given
from tests.deployment import wiring_rules as wiring
from tests.deployment.rendering import Rendered, documented_secrets, render
from tests.deployment.rules import EVERYWHERE, TOGETHER, Rule, schema_violations

BASE, OVERLAY = "base/reservation", "overlays/production"
Break = Callable[[Rendered], object]
# A rule, what breaks it, and what it says to that.
Control = tuple[Rule, Break, str]


def spec(rendered: Rendered, name: str = "reservation-serve") -> dict[str, Any]:
    return manifest(rendered, "Deployment", name)["spec"]


def pod(rendered: Rendered, name: str = "reservation-serve") -> dict[str, Any]:
    return spec(rendered, name)["template"]["spec"]


def container(rendered: Rendered, name: str = "reservation-serve") -> dict[str, Any]:
    return pod(rendered, name)["containers"][0]


def manifest(rendered: Rendered, kind: str, name: str) -> dict[str, Any]:
    found = rendered.named(kind, name)
    assert found
    return found


def settings(rendered: Rendered, prefix: str = "reservation-settings") -> dict[str, str]:
    (found,) = [each for each in rendered.of_kind("ConfigMap") if each["metadata"]["name"].startswith(prefix)]
    return found["data"]


def drop(rendered: Rendered, kind: str, name: str) -> None:
    rendered.manifests.remove(manifest(rendered, kind, name))


IN_A_BASE: Sequence[Control] = [
    (pods.restricted, lambda r: pod(r).pop("securityContext"), "does not run as 10001"),
    (pods.restricted, lambda r: pod(r)["securityContext"].update(runAsUser=0), "does not run as 10001"),
    (pods.restricted, lambda r: pod(r)["securityContext"].pop("seccompProfile"), "lacks the runtime's seccomp"),
    (pods.restricted, lambda r: pod(r).pop("enableServiceLinks"), "finds the addresses of all Services"),
    (pods.restricted, lambda r: pod(r).pop("serviceAccountName"), "may have a token"),
    (pods.restricted, lambda r: pod(r).update(hostNetwork=True), "uses hostNetwork"),
    (pods.restricted, lambda r: pod(r).update(volumes=[{"name": "x", "hostPath": {}}]), "mounts x"),
    (pods.restricted, lambda r: container(r).pop("securityContext"), "may gain rights"),
    (
        pods.restricted,
        lambda r: container(r)["securityContext"].update(capabilities={"drop": ["ALL"], "add": ["NET_ADMIN"]}),
        "keeps capabilities",
    ),
    (
        pods.restricted,
        lambda r: container(r)["securityContext"].update(readOnlyRootFilesystem=False),
        "may write to its root",
    ),
    (pods.restricted, lambda r: container(r)["securityContext"].update(runAsUser=0), "says otherwise"),
    (pods.restricted, lambda r: pod(r).update(initContainers=[{"name": "x", "image": "x:1.0.0"}]), "may gain rights"),
    (pods.pinned_images, lambda r: container(r).update(image="parking-reservation"), "is not pinned"),
    (pods.pinned_images, lambda r: container(r).update(image="host:5000/reservation:latest"), "is not pinned"),
    (pods.limited, lambda r: container(r)["resources"].pop("limits"), "limits say nothing about memory"),
    (pods.limited, lambda r: container(r)["resources"]["requests"].pop("cpu"), "requests say nothing about cpu"),
    (pods.probed, lambda r: container(r).pop("startupProbe"), "has no startupProbe"),
    (
        pods.probed,
        lambda r: container(r)["readinessProbe"]["httpGet"].update(path="/healthz"),
        "readinessProbe does not ask /readyz",
    ),
    (
        pods.probed,
        lambda r: container(r)["livenessProbe"]["httpGet"].update(port="metrics"),
        "livenessProbe asks port metrics",
    ),
    (
        pods.replaced_gently,
        lambda r: spec(r)["strategy"]["rollingUpdate"].update(maxUnavailable=1),
        "may go before a new one",
    ),
    (pods.replaced_gently, lambda r: container(r).pop("lifecycle"), "stops listening while"),
    (given.required_settings, lambda r: settings(r).pop("TOKEN_ISSUER"), "TOKEN_ISSUER is required"),
    (given.required_settings, lambda r: container(r)["envFrom"].pop(1), "SIGNING_KEY is required"),
    (
        given.required_settings,
        lambda r: container(r)["envFrom"][1].update(prefix="PAYMENT_"),
        "DATABASE_URL is required",
    ),
    (given.known_settings, lambda r: settings(r).update(PUBLIC_URI="x"), "PUBLIC_URI is no setting"),
    (given.known_settings, lambda r: container(r)["envFrom"][0].pop("prefix"), "HTTP_HOST is no setting"),
    (given.hidden_secrets, lambda r: settings(r).update(SIGNING_KEY="x"), "SIGNING_KEY stands in a ConfigMap"),
    (given.hidden_secrets, lambda r: settings(r).update(DATABASE_URL="x"), "DATABASE_URL stands in a ConfigMap"),
    (
        given.kept_from_the_schema,
        lambda r: container(r)["envFrom"][1]["secretRef"].update(name="reservation-migrate-secrets"),
        "DATABASE_MIGRATION_URL is given",
    ),
    (given.valid_settings, lambda r: settings(r).update(LOG_LEVEL="loud"), "LOG_LEVEL: Input should be"),
    (given.valid_settings, lambda r: settings(r).pop("HTTP_HOST"), "HTTP_HOST is 127.0.0.1"),
    (given.valid_settings, lambda r: settings(r).pop("JWKS_URL"), "JWKS_URL is http://localhost"),
    (given.ports, lambda r: settings(r).update(HTTP_PORT="8080"), "listens on 8080, and names [8000]"),
    (given.ports, lambda r: settings(r).update(WORKER_PORT="8002"), "listens on 8002, and names [8001]"),
    (given.time_to_stop, lambda r: settings(r).update(SHUTDOWN_GRACE="20"), "before the 45 s"),
    (
        given.time_to_stop,
        lambda r: pod(r, "reservation-work").update(terminationGracePeriodSeconds=10),
        "before the 16 s",
    ),
    (wiring.complete, lambda r: drop(r, "Job", "reservation-migrate"), "nothing does migrate"),
    (wiring.complete, lambda r: container(r).update(args=["work"]), "runs ['work']"),
    (wiring.reached, lambda r: container(r)["ports"][0].update(name="web"), "names no port http"),
    (wiring.budgeted, lambda r: drop(r, "PodDisruptionBudget", "reservation-work"), "has 0 budgets"),
    (
        wiring.budgeted,
        lambda r: manifest(r, "PodDisruptionBudget", "reservation-work")["spec"].update(maxUnavailable=0),
        "may never be moved",
    ),
    (
        wiring.labelled,
        lambda r: manifest(r, "Service", "reservation-serve")["metadata"]["labels"].pop("app.kubernetes.io/name"),
        "has no label app.kubernetes.io/name",
    ),
    (
        wiring.present,
        lambda r: container(r)["envFrom"][0]["configMapRef"].update(name="settings"),
        "ConfigMap settings is not there",
    ),
    (
        wiring.present,
        lambda r: container(r)["envFrom"][1]["secretRef"].update(name="hidden"),
        "README.md names no Secret hidden",
    ),
]
IN_AN_OVERLAY: Sequence[Control] = [
    (
        pods.probed,
        lambda r: container(r, "gateway")["livenessProbe"].update(exec={"command": ["true"]}),
        "does not ask on the socket",
    ),
    (
        given.gateway_settings,
        lambda r: settings(r, "gateway-settings").pop("AUTH_UPSTREAM"),
        "nothing gives AUTH_UPSTREAM",
    ),
    (wiring.everybody, lambda r: drop(r, "Deployment", "gateway"), "gateway is missing"),
    (
        wiring.reached,
        lambda r: manifest(r, "Service", "auth-serve")["spec"]["selector"].pop("app.kubernetes.io/name"),
        "Service/auth-serve: finds the pods of",
    ),
    (
        wiring.addresses,
        lambda r: settings(r).update(JWKS_URL="http://auth-serve:8080/keys"),
        "RESERVATION_JWKS_URL names auth-serve:8080",
    ),
    (wiring.one_issuer, lambda r: settings(r).update(TOKEN_ISSUER="https://other.example"), "other.example"),
    (
        wiring.secured_namespace,
        lambda r: manifest(r, "Namespace", "parking")["metadata"]["labels"].clear(),
        "admits None pods",
    ),
    (
        wiring.secured_namespace,
        lambda r: manifest(r, "Service", "gateway")["metadata"].pop("namespace"),
        "Service/gateway: lies in None",
    ),
]
SCHEMA_CONTROLS: Mapping[str, tuple[Break, str]] = {
    "a field that is not there": (lambda r: pod(r).update(restart="Always"), "'restart' was unexpected"),
    "a wrong type": (lambda r: spec(r).update(replicas="three"), "replicas: 'three' is not of type"),
    "an unknown kind": (lambda r: manifest(r, "Job", "reservation-migrate").update(kind="Jub"), "Couldn't find schema"),
}


@pytest.mark.parametrize(
    ("directory", "rule", "broken", "sentence"),
    [*((BASE, *each) for each in IN_A_BASE), *((OVERLAY, *each) for each in IN_AN_OVERLAY)],
)
def test_what_breaks_a_rule_is_found(
    directory: str, rule: Rule, broken: Break, sentence: str, rendered: Callable[[str], Rendered]
) -> None:
    manifests = rendered(directory)
    assert not rule(manifests)
    broken(manifests)
    assert sentence in "\n".join(rule(manifests))


def test_every_rule_has_a_control() -> None:
    assert {rule for rule, *_ in (*IN_A_BASE, *IN_AN_OVERLAY)} == {*EVERYWHERE, *TOGETHER}


@pytest.mark.parametrize("what", SCHEMA_CONTROLS)
def test_what_kubernetes_would_not_take_is_found(what: str, rendered: Callable[[str], Rendered]) -> None:
    broken, sentence = SCHEMA_CONTROLS[what]
    manifests = rendered(BASE)
    broken(manifests)
    (violation,) = schema_violations(manifests.manifests, "1.31")
    assert sentence in violation


@pytest.mark.parametrize(
    ("rule", "before", "after", "sentence"),
    [
        (given.hidden_secrets, "`SIGNING_KEY`", "", "README.md does not name SIGNING_KEY"),
        (given.known_settings, "`DATABASE_READ_URL`", "`DATABASE_URL_READ`", "DATABASE_URL_READ is no setting"),
    ],
)
def test_the_table_of_secrets_is_held_against_the_settings(
    rule: Rule, before: str, after: str, sentence: str, readme: str, rendered: Callable[[str], Rendered]
) -> None:
    wrong = replace(rendered(BASE), secrets=documented_secrets(readme.replace(before, after)))
    assert sentence in "\n".join(rule(wrong))


def test_a_warning_of_kustomize_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "kustomization.yaml").write_text("commonLabels: {a: b}\nresources: [namespace.yaml]\n")
    (tmp_path / "namespace.yaml").write_text("apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n")
    with pytest.raises(ValueError, match="deprecated"):
        render(str(tmp_path))
