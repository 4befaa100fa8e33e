"""Where a runbook stands by what is in the ledger, what that lets it do, and what a person may change."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firebrigade.responder.errors import ConflictError
from firebrigade.responder.trust import (
    Standing,
    TrustEntry,
    TrustEvent,
    TrustKey,
    TrustLevel,
    TrustSettings,
    demotion,
    standing,
    steps_hash,
    within_trust,
)
from firebrigade.responder.trusting import TrustChange, entry_of
from firebrigade.runbooks.contract import Plan, Refusal, RefusalReason, RunbookStep, Target
from firebrigade.runbooks.records import step_to_json

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
OBSERVE, SUGGEST, APPROVE, AUTO = TrustLevel
PLANNED, VERIFIED, FAILED, PROMOTED, DEMOTED = TrustEvent
KEY = TrustKey(runbook="crash-loop", environment="production", steps="a")
THREE = TrustSettings(start=OBSERVE, promote_after=3, environments=("production",), promoters=frozenset({"anna"}))


def entry(event: TrustEvent, level: TrustLevel | None = None, *, steps: str = "a") -> TrustEntry:
    return TrustEntry(
        runbook="crash-loop",
        environment="production",
        steps=steps,
        at=NOW,
        event=event,
        level=level,
        actor="anna",
        reason="because",
    )


@pytest.mark.parametrize(
    ("entries", "level", "successes"),
    [
        pytest.param([], OBSERVE, 0, id="new: where every runbook starts"),
        pytest.param([entry(PLANNED), entry(PLANNED)], OBSERVE, 2, id="plans count where nothing is applied"),
        pytest.param([entry(VERIFIED)], OBSERVE, 0, id="what was verified under another level does not"),
        pytest.param([entry(PLANNED), entry(PROMOTED, SUGGEST)], SUGGEST, 0, id="each level counts anew"),
        pytest.param([entry(PROMOTED, APPROVE), entry(VERIFIED), entry(PLANNED)], APPROVE, 1, id="verified runs count"),
        pytest.param([entry(PROMOTED, AUTO), entry(FAILED, APPROVE), entry(VERIFIED)], APPROVE, 1, id="since it fell"),
        pytest.param([entry(VERIFIED), entry(FAILED, APPROVE)], APPROVE, 0, id="a failure takes the successes along"),
        pytest.param([entry(FAILED), entry(PLANNED)], OBSERVE, 1, id="a failure at the lowest level"),
        pytest.param([entry(PROMOTED, AUTO, steps="b")], APPROVE, 0, id="edited: back at approve"),
        pytest.param([entry(PROMOTED, SUGGEST, steps="b")], SUGGEST, 0, id="edited below approve: stays"),
        pytest.param([entry(PROMOTED, APPROVE), entry(VERIFIED, steps="b")], APPROVE, 0, id="successes of other steps"),
        pytest.param([entry(PROMOTED, AUTO), entry(VERIFIED, steps="b")], AUTO, 0, id="edited and put back as it was"),
    ],
)
def test_a_level_is_what_the_entries_come_to(entries: list[TrustEntry], level: TrustLevel, successes: int) -> None:
    found = standing(THREE, KEY, entries)
    assert (found.level, found.successes) == (level, successes)


def test_where_an_operator_starts_higher_nothing_has_to_be_promoted_first() -> None:
    assert standing(replace(THREE, start=AUTO), KEY, []).level is AUTO
    assert standing(replace(THREE, start=AUTO), KEY, [entry(FAILED, APPROVE)]).level is APPROVE


def test_a_standing_says_why_and_how_far_it_is_from_the_next_level() -> None:
    found = standing(THREE, KEY, [entry(PROMOTED, APPROVE), *[entry(VERIFIED)] * 2])
    assert found.words == "trust is at approve, 2 of 3 verified runs"
    assert found.because == "promoted by anna: because"
    assert standing(THREE, KEY, [entry(PLANNED)]).words == "trust is at observe, 1 of 3 plans"
    assert standing(THREE, KEY, [entry(PROMOTED, AUTO, steps="b")]).because.startswith("its steps were changed")


PLAN = Plan(
    step_id="s",
    action="restart_pod",
    target=Target(kind="pod", namespace="shop", name="checkout-1"),
    params={},
    before={},
    desired={},
    precondition={},
    summary="Evict pod checkout-1.",
    planned_at=NOW,
)
STRICTNESS = [None, RefusalReason.APPROVAL, RefusalReason.SUGGESTED, RefusalReason.DRY_RUN]
BY_LEVEL = dict(zip((AUTO, APPROVE, SUGGEST, OBSERVE), STRICTNESS, strict=True))


@pytest.mark.parametrize("level", TrustLevel)
@pytest.mark.parametrize("mode", [None, RefusalReason.APPROVAL, RefusalReason.DRY_RUN, RefusalReason.OFF])
def test_a_plan_gets_the_stricter_of_its_mode_and_its_level(level: TrustLevel, mode: RefusalReason | None) -> None:
    said = Refusal(reason=mode, summary="by mode") if mode else None
    found = within_trust(standing(replace(THREE, start=level), KEY, []), PLAN, said)
    by_level = BY_LEVEL[level]
    if mode is RefusalReason.OFF:
        assert found == said
        return
    assert (found.reason if found else None) is max(mode, by_level, key=STRICTNESS.index)
    if mode and mode is by_level:
        assert found == said, "a mode that says the same is what a promotion would not change"


@pytest.mark.parametrize("reason", [one for one in RefusalReason if one is not RefusalReason.APPROVAL])
def test_no_trust_takes_another_refusal_back(reason: RefusalReason) -> None:
    said = Refusal(reason=reason, summary="no")
    for level in TrustLevel:
        assert within_trust(standing(replace(THREE, start=level), KEY, []), PLAN, said) is said


def test_without_trust_the_guards_have_the_last_word() -> None:
    assert within_trust(None, PLAN, None) is None


def change(level: TrustLevel, actor: str = "anna") -> TrustChange:
    return TrustChange(key=KEY, level=level, actor=actor, reason="seen")


def at(level: TrustLevel, successes: int = 0) -> Standing:
    return standing(replace(THREE, start=level), KEY, [entry(VERIFIED if level.applies else PLANNED)] * successes)


@pytest.mark.parametrize(
    ("before", "wanted", "event"),
    [
        pytest.param(at(OBSERVE, 3), SUGGEST, PROMOTED, id="enough plans"),
        pytest.param(at(APPROVE, 3), AUTO, PROMOTED, id="enough verified runs"),
        pytest.param(at(APPROVE, 9), AUTO, PROMOTED, id="more than enough"),
        pytest.param(at(AUTO), OBSERVE, DEMOTED, id="down goes any way"),
        pytest.param(at(AUTO, 9), APPROVE, DEMOTED, id="whatever it has earned"),
    ],
)
def test_what_a_person_may_change(before: Standing, wanted: TrustLevel, event: TrustEvent) -> None:
    made = entry_of(THREE, change(wanted), before, NOW)
    assert made is not None
    assert (made.event, made.level, made.actor, made.reason, made.steps) == (event, wanted, "anna", "seen", "a")


@pytest.mark.parametrize(
    ("before", "wanted", "actor", "said"),
    [
        pytest.param(
            at(APPROVE, 2),
            AUTO,
            "anna",
            "crash-loop in production has 2 of the 3 verified runs that a promotion takes since it came to approve",
            id="too few",
        ),
        pytest.param(at(OBSERVE, 2), SUGGEST, "anna", "has 2 of the 3 plans that every guard let through", id="plans"),
        pytest.param(at(OBSERVE, 9), APPROVE, "anna", "promote it to suggest first, one level at a time", id="too far"),
        pytest.param(at(APPROVE, 9), AUTO, "bert", "was demoted meanwhile, to approve", id="nobody who may"),
    ],
)
def test_what_a_person_may_not_change(before: Standing, wanted: TrustLevel, actor: str, said: str) -> None:
    with pytest.raises(ConflictError, match=said):
        entry_of(THREE, change(wanted, actor), before, NOW)


@pytest.mark.parametrize("level", TrustLevel)
def test_the_same_again_writes_nothing(level: TrustLevel) -> None:
    assert entry_of(THREE, change(level, "bert"), at(level), NOW) is None


def test_a_person_keeps_steps_that_were_edited_from_coming_back_at_auto() -> None:
    ledger = [entry(PROMOTED, AUTO, steps="b")]
    shown = standing(THREE, KEY, ledger)
    assert (shown.level, shown.held) == (APPROVE, AUTO)
    made = entry_of(THREE, change(APPROVE, "bert"), shown, NOW)
    assert made is not None
    assert (made.event, made.level, made.actor) == (DEMOTED, APPROVE, "bert")
    ledger.append(made)
    assert standing(THREE, replace(KEY, steps="b"), ledger).level is APPROVE
    assert entry_of(THREE, change(APPROVE, "bert"), standing(THREE, KEY, ledger), NOW) is None


@pytest.mark.parametrize(
    ("moved", "wanted"),
    [
        pytest.param(entry(DEMOTED, APPROVE), None, id="trust was lost meanwhile"),
        pytest.param(entry(FAILED, APPROVE), None, id="another run failed meanwhile"),
        pytest.param(entry(PROMOTED, APPROVE), SUGGEST, id="it was promoted meanwhile"),
    ],
)
def test_one_loss_of_trust_covers_what_was_under_way(moved: TrustEntry, wanted: TrustLevel | None) -> None:
    before = replace(entry(FAILED), begun_at=NOW - timedelta(seconds=1))
    assert demotion(THREE, KEY, [moved], before) is wanted
    assert demotion(THREE, KEY, [moved], replace(before, begun_at=NOW)) is SUGGEST


STEP = RunbookStep(name="Restart", action="restart_pod", target={"name": "x"})


def test_the_hash_covers_every_step_and_leaves_out_what_a_step_leaves_out() -> None:
    one = [step_to_json(STEP)]
    assert steps_hash(one) == steps_hash([{**one[0], "a key of a later version": None, "and another": []}])
    assert len({steps_hash(one), steps_hash([*one, *one]), steps_hash([step_to_json(replace(STEP, undo=True))])}) == 3


EVENTS = st.sampled_from([entry(PLANNED), entry(VERIFIED), entry(FAILED), entry(VERIFIED, steps="b")])


@given(
    start=st.sampled_from(TrustLevel),
    events=st.lists(EVENTS | st.sampled_from(TrustLevel), max_size=40),
    needed=st.integers(1, 3),
)
def test_nothing_rises_without_a_person_and_its_successes_and_every_failure_falls(
    start: TrustLevel, events: list[TrustEntry | TrustLevel], needed: int
) -> None:
    """Runs and people's wishes at random; what is refused leaves no entry."""
    settings = replace(THREE, start=start, promote_after=needed)
    ledger: list[TrustEntry] = []
    for event in events:
        before = standing(settings, KEY, ledger)
        if isinstance(event, TrustLevel):
            try:
                made = entry_of(settings, change(event), before, NOW)
            except ConflictError:
                continue
            ledger += [made] if made else []
            after = standing(settings, KEY, ledger)
            assert after.level is event
            assert event is AUTO or after.held is event
            assert after.level.rank <= before.level.rank + (before.successes >= needed)
        elif event.event is FAILED:
            ledger.append(replace(event, level=demotion(settings, KEY, ledger, event)))
            assert standing(settings, KEY, ledger).level.rank == max(before.level.rank - 1, 0)
        else:
            ledger.append(event)
            assert standing(settings, KEY, ledger).level is before.level
