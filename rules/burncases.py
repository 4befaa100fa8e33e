"""The promtool cases that every event-based SLO needs, made from burns.yaml and checked in like all others.

``python -m firebrigade.rules.burncases`` writes them into rules/tests, and a test compares. What an alert must be is
written down here a second time and not taken from ``burnrate.py``, so that a mistake there is noticed; only an SLO's
own words and numbers come from its spec.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict

from firebrigade.rules import document, library, spec
from firebrigade.rules.objectives import Objective

# The SRE workbook's, and the express page: tier → severity, factor, percent of the budget, long window, short window.
_TIERS = {
    "page-express": ("critical", "36", "1", "12m", "2m"),
    "page-fast": ("critical", "14.4", "2", "1h", "5m"),
    "page-slow": ("critical", "6", "5", "6h", "30m"),
    "ticket-fast": ("warning", "3", "10", "1d", "2h"),
    "ticket-slow": ("warning", "1", "10", "3d", "6h"),
}
_BURN_MINUTES, _CASE_MINUTES, _RESOLVE_MINUTES = 10, 20, 375
# When each tier is still there after a burn of ten minutes that began with the series.
_STILL = {
    15: ("page-slow", "ticket-fast", "ticket-slow"),
    45: ("ticket-fast", "ticket-slow"),
    135: ("ticket-slow",),
    _RESOLVE_MINUTES: (),
}
_EVENTS = 1_000_000  # a minute: enough that a share of a share of 99.99 % is a whole number
_Counts = Literal["good", "bad", "all", "none", "half of the bad", "all but half of the bad"]
_COUNTED: Mapping[str, Callable[[int, int], int]] = {
    "good": lambda total, bad: total - bad,
    "bad": lambda _, bad: bad,
    "all": lambda total, _: total,
    "none": lambda _total, _bad: 0,
    "half of the bad": lambda _, bad: bad // 2,
    "all but half of the bad": lambda total, bad: total - bad // 2,
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Counting(_Strict):
    """A series, and the events that it counts."""

    series: str
    counts: _Counts


class Burn(_Strict):
    """One SLO's events."""

    slo: str
    noun: str
    series: tuple[Counting, ...]


class Burns(_Strict):
    """The file."""

    burns: tuple[Burn, ...]


def texts() -> Mapping[str, str]:
    """Return the test files by name.

    Raises:
        RulesError: burns.yaml or a spec is wrong.
        KeyError: burns.yaml names an SLO that there is not.
    """
    burns = document.read(library.folder() / "burns.yaml").parse(Burns).burns
    files = {
        path.stem: spec.objectives(document.read(path), library.surroundings())
        for path in library.folder().glob("slos/*.yaml")
    }
    beside = {objective.id: (name, file) for name, file in files.items() for objective in file}
    return {f"burn-{burn.slo}.yaml": _text(burn, *beside[burn.slo]) for burn in burns}


def _text(burn: Burn, name: str, file: Sequence[Objective]) -> str:
    objective = next(one for one in file if one.id == burn.slo)
    made = {
        "rule_files": [f"../generated/slo-{name}.yaml"],
        "evaluation_interval": "5m",
        "group_eval_order": [group for one in file for group in (f"slo-{one.id}", f"slo-{one.id}-budget")],
        "tests": [*_limits(burn, objective), *_guards(burn, objective), _start_and_end(burn, objective)],
    }
    text = yaml.dump(made, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)
    return f"# Made by `python -m firebrigade.rules.burncases` from burns.yaml: edit that, not this.\n{text}"


def _limits(burn: Burn, objective: Objective) -> Iterator[Mapping[str, Any]]:
    """Yield a case just over and one just under each tier's limit."""
    for tier in reversed(_tiers(objective)):
        for factor in (Decimal("0.97"), Decimal("1.03")):
            bad = 2 * int(_limit(objective, tier) * factor * _EVENTS / 2)
            share = Decimal(bad) / _EVENTS
            told = [one for one in _tiers(objective) if share > _limit(objective, one)]
            case = {
                "name": f"{_percent(share)} {burn.noun}, and {_those(told)}",
                "interval": "1m",
                "input_series": _series(burn, (_CASE_MINUTES, _EVENTS, bad)),
            }
            quiet = {"eval_time": f"{_CASE_MINUTES}m", "alertname": objective.alerting.name, "exp_alerts": []}
            looks = {} if told else {"alert_rule_test": [quiet]}
            yield {**case, **looks, "promql_expr_test": [_firing(objective, _CASE_MINUTES, told)]}


def _guards(burn: Burn, objective: Objective) -> Iterator[Mapping[str, Any]]:
    """Yield a case with just too few events in the long windows, and one with just enough."""
    enough = objective.minimum_events
    for word, factor in (("too few", Decimal("0.96")), ("enough", Decimal("1.04"))):
        a_minute = 2 * round(enough * factor / _BURN_MINUTES / 2)
        yield {
            "name": f"all are bad, but {a_minute * _BURN_MINUTES} events are {word} to say so (the limit is {enough})",
            "interval": "1m",
            "input_series": _series(burn, (_BURN_MINUTES, a_minute, a_minute)),
            "promql_expr_test": [
                _firing(objective, _BURN_MINUTES, _tiers(objective) if factor > 1 else ()),
            ],
        }


def _start_and_end(burn: Burn, objective: Objective) -> Mapping[str, Any]:
    """Return the case of a burn that starts and ends: all labels and texts, and when each tier is quiet again."""
    share = min(_limit(objective, _tiers(objective)[0]) * Decimal("1.2"), Decimal(1))
    clean = (_RESOLVE_MINUTES - _BURN_MINUTES, _EVENTS, 0)
    times = {_BURN_MINUTES: _tiers(objective)} | _STILL
    alertname = objective.alerting.name
    return {
        "name": f"{_percent(share)} {burn.noun} for ten minutes, and each tier ends when its short window is clean",
        "interval": "1m",
        "input_series": _series(burn, (_BURN_MINUTES, _EVENTS, int(share * _EVENTS)), clean),
        "alert_rule_test": [
            {"eval_time": "0m", "alertname": alertname, "exp_alerts": []},
            {
                "eval_time": f"{_BURN_MINUTES}m",
                "alertname": alertname,
                "exp_alerts": [_alert(objective, tier, share) for tier in _tiers(objective)],
            },
            {"eval_time": f"{_RESOLVE_MINUTES}m", "alertname": alertname, "exp_alerts": []},
        ],
        "promql_expr_test": [_firing(objective, minute, told) for minute, told in times.items()],
    }


def _alert(objective: Objective, tier: str, share: Decimal) -> Mapping[str, Any]:
    severity, factor, budget_percent, long, short = _TIERS[tier]
    identity = {"sloth_id": objective.id, "sloth_service": objective.service, "sloth_slo": objective.name}
    pace = f"{factor} times the even pace"
    return {
        "exp_labels": {
            "severity": severity,
            "service": objective.service,
            **objective.alerting.all.labels,
            "slo": objective.name,
            "tier": tier,
            "long": long,
            "short": short,
            **identity,
        },
        "exp_annotations": {
            "summary": f"{objective.service} spends its {objective.name} budget at more than {pace}",
            "description": (
                f"{_percent(share)} of the events failed over the last {long} "
                f"(objective {objective.percent}% good over 30d). At {pace} {budget_percent}% of the budget is gone "
                f"within {long}. Good are: {objective.description}"
            ),
            **objective.alerting.all.annotations,
        },
    }


def _firing(objective: Objective, minute: int, tiers: Sequence[str]) -> Mapping[str, Any]:
    selector = f'alertname="{objective.alerting.name}", alertstate="firing"'
    return {
        "expr": f"count by (tier) (ALERTS{{{selector}}})",
        "eval_time": f"{minute}m",
        "exp_samples": [{"labels": f'{{tier="{tier}"}}', "value": 1} for tier in tiers],
    }


def _series(burn: Burn, *stretches: tuple[int, int, int]) -> list[Mapping[str, str]]:
    """Return counters that grow through stretches of (minutes, events a minute, bad ones of them)."""
    return [{"series": one.series, "values": _values(_COUNTED[one.counts], stretches)} for one in burn.series]


def _values(count: Callable[[int, int], int], stretches: Sequence[tuple[int, int, int]]) -> str:
    value = 0
    written: list[str] = []
    for minutes, total, bad in stretches:
        step = count(total, bad)
        first = value if not written else value + step
        written.append(f"{first}+{step}x{minutes if not written else minutes - 1}")
        value += step * minutes
    return " ".join(written)


def _tiers(objective: Objective) -> tuple[str, ...]:
    wanted = [tier.tier for tier in objective.tiers]
    return tuple(tier for tier in _TIERS if tier in wanted)


def _limit(objective: Objective, tier: str) -> Decimal:
    return Decimal(_TIERS[tier][1]) * (100 - objective.percent) / 100


def _percent(share: Decimal) -> str:
    return f"{float(share * 100):.4g}%"


def _those(tiers: Sequence[str]) -> str:
    return " and ".join(tiers) + (" tell" if len(tiers) > 1 else " tells") if tiers else "nobody is told"


class _Dumper(yaml.SafeDumper):
    """Writes everything out: not every promtool follows anchors."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 (yaml calls it)
        return True


def main(folder: Path | None = None) -> None:
    """Write the test files."""
    for name, text in texts().items():
        ((folder or library.folder() / "tests") / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
