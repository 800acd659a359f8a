# SPDX-License-Identifier: MIT
"""What `bench list` prints."""

from collections.abc import Sequence

import msgspec

from ..core import Catalogue, Metric, Parameter
from . import size
from .plan import Plan


def as_json(catalogue: Catalogue, plans: Sequence[Plan]) -> str:
    """Return all of it as one JSON object: core, modes, metrics, plans with their cells."""
    whole = {**msgspec.to_builtins(catalogue), "plans": msgspec.to_builtins(plans)}
    return msgspec.json.format(msgspec.json.encode(whole), indent=2).decode()


def as_text(catalogue: Catalogue, plans: Sequence[Plan]) -> str:
    """Return it for people."""
    lines = ["plans"]
    lines += [
        f"  {plan.name}: {len(plan.cells)} cells, at most {plan.budget_s:g} s. {plan.about}"
        for plan in plans
    ]
    lines += ["", "modes"]
    for mode in catalogue.modes:
        lines.append(f"  {mode.name}: {mode.about}")
        if not mode.supported:
            lines.append(f"    unsupported here: {mode.reason}")
    lines += ["", "metrics"]
    for metric in catalogue.metrics:
        lines += _metric(metric)
    return "\n".join(lines)


def _metric(metric: Metric) -> list[str]:
    beside = "" if metric.duet else ", no control"
    lines = [f"  {metric.name} [{metric.unit}, {metric.better} is better{beside}]: {metric.about}"]
    if not metric.supported:
        lines.append(f"    unsupported here: {metric.reason}")
    lines += [f"    {_parameter(parameter)}" for parameter in metric.params]
    return lines


def _parameter(parameter: Parameter) -> str:
    if parameter.choices is not None:
        values = "|".join(parameter.choices)
    elif parameter.unit == "B":
        values = f"{size.show(parameter.min or 0)} to {size.show(parameter.max or 0)}"
    else:
        values = f"{parameter.min} to {parameter.max}"
    default = parameter.default
    usual = size.show(default) if parameter.unit == "B" and isinstance(default, int) else default
    return f"{parameter.name}={usual} ({values}): {parameter.about}"
