"""Draws scenarios: each from the campaign's seed and its own number, so that any of them can be run again alone."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from firebrigade.responder.model import Automation
from sandbox.campaign import obstacles
from sandbox.campaign.labels import WRONG
from sandbox.campaign.right import judged
from sandbox.campaign.scenario import Cause, Kind, LostNode, Obstacles, Scenario
from sandbox.virtual.troubles import Cure, Symptom, Workload
from sandbox.virtual.world import AGENTS, SYSTEMS

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
MOST = 8  # replicas


def scenarios(seed: int, count: int) -> list[Scenario]:
    """Return the first scenarios of a seed; the kinds take turns."""
    return [scenario(seed, number) for number in range(1, count + 1)]


def scenario(seed: int, number: int) -> Scenario:
    """Return one scenario of a seed by its number, from 1 on."""
    source = random.Random(f"{seed}/{number}")
    kind = tuple(Kind)[(number - 1) % len(Kind)]
    plain = Scenario(
        number=number,
        seed=source.randrange(1, 10**9),
        kind=kind,
        workload=_service(source),
        cause=None,
        policy=source.choice(tuple(Automation)),
        repairable=False,
        because="",
    )
    return judged(obstacles.met(_KINDS[kind](plain, source), source))


def _service(source: random.Random, least: int = 1, most: int = MOST) -> Workload:
    return Workload(namespace=SYSTEMS, name="orders", replicas=source.randint(least, most))


def _recently(source: random.Random) -> timedelta:
    return source.randint(5, 45) * MINUTE


def _one_of(source: random.Random, weighted: Sequence[tuple[int, Cause]]) -> Cause:
    return source.choices([cause for _, cause in weighted], [weight for weight, _ in weighted])[0]


def _crash_loop(plain: Scenario, source: random.Random) -> Scenario:
    workload = plain.workload
    if source.random() < 0.3:
        workload = replace(workload, kind="statefulset", name=source.choice(["ledger", "catalog-db"]))
    # What is scraped is found to be down before it is found to crash again and again.
    workload = replace(workload, scraped=source.random() < 0.3)
    crashes = Symptom.CRASHES
    causes = [(5, Cause(symptom=crashes, cure=Cure.NEW_POD)), (2, Cause(symptom=crashes, cure=Cure.NOTHING))]
    if workload.kind == "deployment":
        causes += [
            (4, Cause(symptom=crashes, cure=Cure.ROLL_BACK, rolled_out=_recently(source))),
            (1, Cause(symptom=crashes, cure=Cure.ROLL_BACK, rolled_out=3 * HOUR)),
            (1, Cause(symptom=crashes, cure=Cure.NOTHING, rolled_out=_recently(source))),
        ]
    return replace(plain, workload=workload, cause=_one_of(source, causes))


def _bad_rollout(plain: Scenario, source: random.Random) -> Scenario:
    symptom = source.choice([Symptom.ERRORS, Symptom.ERRORS, Symptom.NEVER_READY])
    bad = Cause(symptom=symptom, cure=Cure.ROLL_BACK, rolled_out=_recently(source))
    causes = [(7, bad), (2, replace(bad, rolled_out=source.randint(3, 6) * HOUR))]
    if symptom is Symptom.ERRORS:
        # Of all pods: requests fail for another reason, and that something was rolled out is chance.
        causes.append((2, replace(bad, cure=Cure.NOTHING, pods=MOST)))
        causes.append((1, replace(bad, cure=Cure.NOTHING, pods=MOST, rolled_out=None)))
    return replace(plain, cause=_one_of(source, causes))


def _out_of_memory(plain: Scenario, source: random.Random) -> Scenario:
    killed, replicas = Symptom.OUT_OF_MEMORY, plain.workload.replicas
    leak = Cause(symptom=killed, cure=Cure.ROLL_BACK, rolled_out=_recently(source))
    load = Cause(symptom=killed, cure=Cure.MORE_PODS, enough=replicas + 1)
    causes = [
        (5, load),
        (1, replace(load, enough=replicas + 3)),
        (3, leak),
        (1, replace(leak, rolled_out=4 * HOUR)),
        (2, Cause(symptom=killed, cure=Cure.NOTHING, pods=MOST)),
    ]
    return replace(plain, cause=_one_of(source, causes))


def _failed_agent(plain: Scenario, source: random.Random) -> Scenario:
    failed = Symptom.FAILED
    causes = [
        (4, Cause(symptom=failed, cure=Cure.RECOVERY)),
        (3, Cause(symptom=failed, cure=Cure.NEW_POD)),
        (2, Cause(symptom=failed, cure=Cure.NOTHING)),
    ]
    return replace(plain, workload=Workload(namespace=AGENTS, name="agent-01"), cause=_one_of(source, causes))


def _node_gone(plain: Scenario, source: random.Random) -> Scenario:
    removed = source.choice([2 * MINUTE, 2 * MINUTE, 3 * MINUTE, 3 * MINUTE, 8 * MINUTE, 20 * MINUTE, None])
    beside = source.choice([0, 0, 1, 2, 14])
    return replace(
        plain, workload=_service(source, least=2, most=4), node=LostNode(removed_after=removed), beside=beside
    )


def _latency(plain: Scenario, source: random.Random) -> Scenario:
    replicas = plain.workload.replicas
    load = Cause(symptom=Symptom.SLOW, cure=Cure.MORE_PODS, enough=replicas + 1)
    rollout = Cause(symptom=Symptom.SLOW, cure=Cure.ROLL_BACK, rolled_out=_recently(source))
    causes = [
        (5, load),
        (1, replace(load, enough=replicas + 4)),
        (3, rollout),
        (1, replace(rollout, rolled_out=5 * HOUR)),
        (2, Cause(symptom=Symptom.SLOW, cure=Cure.NOTHING, pods=MOST)),
        (2, replace(rollout, cure=Cure.NOTHING, pods=MOST, old_fails=True)),
    ]
    return replace(plain, cause=_one_of(source, causes))


def _api_outage(plain: Scenario, source: random.Random) -> Scenario:
    hangs = Cause(symptom=source.choice([Symptom.HANGS, Symptom.NEVER_READY]), cure=Cure.NEW_POD)
    outage = obstacles.outage(source)
    return replace(plain, workload=_service(source, least=2), cause=hangs, obstacles=Obstacles(outage=outage))


def _wrong_labels(plain: Scenario, source: random.Random) -> Scenario:
    symptom = source.choice([Symptom.HANGS, Symptom.CRASHES, Symptom.ERRORS, Symptom.SLOW, Symptom.FAILED])
    labels = source.choice([words for words in WRONG if words])
    workload = Workload(namespace=AGENTS, name="agent-01") if symptom is Symptom.FAILED else plain.workload
    cure = Cure.NEW_POD if symptom is not Symptom.FAILED else Cure.RECOVERY
    pods = MOST if symptom in (Symptom.ERRORS, Symptom.SLOW) else 1
    cause = Cause(symptom=symptom, cure=cure, pods=pods, rolled_out=_recently(source) if pods != 1 else None)
    return replace(plain, workload=workload, cause=cause, obstacles=Obstacles(labels=labels))


_KINDS: Mapping[Kind, Callable[[Scenario, random.Random], Scenario]] = {
    Kind.CRASH_LOOP: _crash_loop,
    Kind.BAD_ROLLOUT: _bad_rollout,
    Kind.OUT_OF_MEMORY: _out_of_memory,
    Kind.FAILED_AGENT: _failed_agent,
    Kind.NODE_GONE: _node_gone,
    Kind.LATENCY: _latency,
    Kind.API_OUTAGE: _api_outage,
    Kind.WRONG_LABELS: _wrong_labels,
}
