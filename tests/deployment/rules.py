"""All rules: those that every directory keeps, those that only an overlay can, and what Kubernetes itself asks for."""

from collections.abc import Callable, Sequence

import kubernetes_validate
from tests.deployment import pod_rules, setting_rules, wiring_rules
from tests.deployment.rendering import Manifest, Rendered

Rule = Callable[[Rendered], list[str]]
EVERYWHERE: Sequence[Rule] = (
    pod_rules.restricted,
    pod_rules.pinned_images,
    pod_rules.limited,
    pod_rules.probed,
    pod_rules.replaced_gently,
    setting_rules.required_settings,
    setting_rules.known_settings,
    setting_rules.hidden_secrets,
    setting_rules.kept_from_the_schema,
    setting_rules.valid_settings,
    setting_rules.ports,
    setting_rules.time_to_stop,
    setting_rules.gateway_settings,
    wiring_rules.complete,
    wiring_rules.reached,
    wiring_rules.budgeted,
    wiring_rules.labelled,
    wiring_rules.present,
)
TOGETHER: Sequence[Rule] = (
    wiring_rules.everybody,
    wiring_rules.addresses,
    wiring_rules.one_issuer,
    wiring_rules.secured_namespace,
)


def schema_violations(manifests: Sequence[Manifest], version: str) -> list[str]:
    """What Kubernetes of that version would not take; a kind without a schema is one too."""
    found: list[str] = []
    for manifest in manifests:
        name = f"{manifest['kind']}/{manifest['metadata']['name']}"
        try:
            kubernetes_validate.validate(manifest, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            found.append(f"{name}: {'.'.join(map(str, error.path))}: {error.message}")
        except kubernetes_validate.SchemaNotFoundError as error:
            found.append(f"{name}: {error.message}")
    return found
