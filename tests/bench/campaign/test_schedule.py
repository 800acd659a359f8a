# SPDX-License-Identifier: MIT
import math
import random
from typing import Literal

import msgspec
import pytest

from bench.campaign.campaign import dependent
from bench.campaign.schedule import CellState, Schedule, Turn
from bench.campaign.widening import width
from bench.record.line import Cell, CellEnd, MetricInfo, Run, Target

FOREVER_S = float("inf")


def cells(count: int, target: Target = Target(0.02, 8, 40)) -> list[Cell]:  # noqa: B008
    return [Cell(f"m/{i}:c", "m", str(i), "c", {}, target) for i in range(count)]


def metric(
    assume: Literal["nothing", "exact"] = "nothing",
    effect: Literal["ratio", "difference"] = "ratio",
) -> MetricInfo:
    return MetricInfo("about m", "owner", "s", "lower", assume, paired=False, effect=effect)


def schedule(of: list[Cell], seed: int = 1, described: MetricInfo | None = None) -> Schedule:
    return Schedule([CellState(cell, described or metric()) for cell in of], seed)


def run_of(turn: Turn, ratio: float = 1.0, elapsed_s: float = 1.0, status: str = "ok") -> Run:
    values = {"treatment": [ratio], "control": [1.0]} if status == "ok" else {}
    return Run(
        run=0, cell=turn.cell.cell, round=turn.round, seed=turn.seed, started="",
        elapsed_s=elapsed_s, core_s=0, timed_s=0, status=status, reason="", values=values,  # type: ignore[arg-type]
    )  # fmt: skip


def play(of: Schedule, turns: int, noise: float = 1.0, seed: int = 0) -> list[Turn]:
    dice = random.Random(seed)  # noqa: S311
    played = []
    for _ in range(turns):
        turn = of.turn(FOREVER_S)
        if turn is None:
            break
        played.append(turn)
        of.enter(run_of(turn, dice.lognormvariate(0, noise)))
    return played


def test_each_round_visits_every_open_cell_once_in_an_order_of_its_own() -> None:
    played = play(schedule(cells(8)), 24)
    rounds = [[turn.cell.cell for turn in played if turn.round == r] for r in range(3)]
    assert all(sorted(names) == sorted(rounds[0]) for names in rounds)
    assert len({tuple(names) for names in rounds}) == 3


def test_the_seed_reproduces_order_and_seeds() -> None:
    assert play(schedule(cells(8), 5), 40) == play(schedule(cells(8), 5), 40)
    assert play(schedule(cells(8), 5), 40) != play(schedule(cells(8), 6), 40)


def test_no_two_runs_share_a_seed() -> None:
    played = play(schedule(cells(8)), 40)
    assert len({turn.seed for turn in played}) == 40


def test_a_narrow_interval_closes_a_cell_but_not_before_its_least_runs() -> None:
    made = schedule(cells(1))
    assert len(play(made, 100, noise=0.001)) == 8
    assert made.ends("budget")["m/0:c"].stop == "target"
    assert made.ends("budget")["m/0:c"].runs == 8


def test_a_wide_interval_runs_until_the_most_runs() -> None:
    made = schedule(cells(1))
    assert len(play(made, 100, noise=1.0)) == 40
    end = made.ends("budget")["m/0:c"]
    assert end.stop == "runs"
    assert end.half_width is not None
    assert end.half_width > 0.02


def test_stopping_at_the_target_keeps_the_coverage() -> None:
    covered = 0
    for seed in range(300):
        made = schedule(cells(1, Target(0.02, 8, 100)))
        play(made, 100, noise=0.03, seed=seed)
        state = made.states["m/0:c"]
        assert state.stop == "target"
        assert state.estimate is not None
        assert state.half_width is not None
        # By the estimate's own width; the interval is not quite symmetric about it.
        covered += abs(state.estimate) <= state.half_width
    # The truth is about .96: this fails by chance once in 10,000 times.
    assert covered / 300 >= 0.92


def test_an_exact_metric_closes_as_exact_after_its_two_runs() -> None:
    made = schedule(cells(1, Target(0.02, 2, 2)), described=metric(assume="exact"))
    assert len(play(made, 10)) == 2
    assert made.ends("budget")["m/0:c"].stop == "exact"


def play_losses(of: Schedule, losses: list[float]) -> int:
    """Runs whose treatment loses so much more than a control of zeros; how many were wanted."""
    for number, loss in enumerate(losses):
        turn = of.turn(FOREVER_S)
        if turn is None:
            return number
        values = {"treatment": [loss, loss, 1.0], "control": [0.0, 0.0, 1.0]}
        of.enter(msgspec.structs.replace(run_of(turn), values=values))
    return len(losses)


def test_a_difference_closes_at_a_half_width_in_its_unit() -> None:
    made = schedule(cells(1, Target(1e-7, 6, 40)), described=metric(effect="difference"))
    losses = [9e-6 + 1e-8 * n for n in (2, 5, 0, 3, 1, 4)]
    assert play_losses(made, losses * 6) == 6
    end, known = made.ends("budget")["m/0:c"], width(losses)
    assert end.stop == "target"
    assert known is not None
    assert known.plain == pytest.approx(2.5e-8)
    assert end.half_width == pytest.approx(known.widening * 2.5e-8)
    assert end.widened == pytest.approx(known.widening)


def test_the_interval_that_ends_a_cell_is_narrow_enough_by_each_of_its_last_looks() -> None:
    dice = random.Random(5)  # noqa: S311
    for _ in range(20):
        made = schedule(cells(1, Target(0.02, 8, 60)))
        effects = []
        while turn := made.turn(FOREVER_S):
            effects.append(dice.gauss(0, 0.03))
            made.enter(run_of(turn, math.exp(effects[-1])))
        end = made.ends("budget")["m/0:c"]
        if end.stop != "target":
            continue
        found = [width(effects[:count]) for count in range(1, end.runs + 1)]
        looks = [each for each in found[max(8, end.runs - end.runs // 3) - 1 :] if each]
        assert end.widened == pytest.approx(max(each.widening for each in looks))
        assert looks[-1].plain * max(each.widening for each in looks) <= 0.02


def test_runs_that_wander_are_sampled_longer_than_independent_ones() -> None:
    def runs_taken(lag: float, seed: int) -> int:
        dice, made, state = random.Random(seed), schedule(cells(1, Target(0.02, 8, 60))), 0.0  # noqa: S311
        while turn := made.turn(FOREVER_S):
            state = lag * state + math.sqrt(1 - lag**2) * dice.gauss(0, 0.03)
            made.enter(run_of(turn, math.exp(state)))
        return made.ends("budget")["m/0:c"].runs

    taken = {lag: sum(runs_taken(lag, seed) for seed in range(40)) / 40 for lag in (0.0, 0.6)}
    assert taken[0.6] > 1.3 * taken[0.0]


def test_the_end_says_what_the_width_rests_on() -> None:
    made = schedule(cells(1, Target(1e-9, 6, 9)))
    for number in range(9):
        turn = made.turn(FOREVER_S)
        assert turn is not None
        made.enter(run_of(turn, 1.0 + 0.01 * (number % 2)))
    end = made.ends("budget")["m/0:c"]
    assert (end.stop, end.widened, end.effective_runs) == ("runs", 1.0, 9.0)
    assert isinstance(end.lag, float)
    assert end.lag < -0.8
    assert isinstance(end.trend, float)
    assert abs(end.trend) < 0.1


def test_a_difference_without_a_target_ends_at_its_most_runs_and_is_never_far() -> None:
    made = schedule(cells(1, Target(None, 6, 9)), described=metric(effect="difference"))
    assert play_losses(made, [9e-6] * 40) == 9
    assert made.ends("budget")["m/0:c"].stop == "runs"
    assert made.states["m/0:c"].distance == 0


def test_an_unsupported_cell_closes_at_once_and_a_failing_one_at_the_second_failure() -> None:
    made = schedule(cells(2))
    runs: dict[str, int] = {}
    while turn := made.turn(FOREVER_S):
        name = turn.cell.cell
        runs[name] = runs.get(name, 0) + 1
        made.enter(run_of(turn, status="unsupported" if name == "m/0:c" else "failed"))
    assert runs == {"m/0:c": 1, "m/1:c": 2}
    assert [end.stop for end in made.ends("budget").values()] == ["unsupported", "failed"]


def test_values_without_a_logarithm_leave_the_width_unknown_and_end_at_the_most_runs() -> None:
    made = schedule(cells(1, Target(0.02, 2, 9)))
    while turn := made.turn(FOREVER_S):
        made.enter(run_of(turn, ratio=0.0))
    assert made.ends("budget")["m/0:c"].stop == "runs"
    assert made.ends("budget")["m/0:c"].half_width is None


def test_a_run_that_would_overrun_is_not_started() -> None:
    made = schedule(cells(2))
    for _ in range(2):
        turn = made.turn(FOREVER_S)
        assert turn is not None
        made.enter(run_of(turn, elapsed_s=10 if turn.cell.cell == "m/0:c" else 1))
    turn = made.turn(5)
    assert turn is not None
    assert turn.cell.cell == "m/1:c"
    assert made.turn(0.5) is None
    assert made.open_cells() == ["m/0:c", "m/1:c"]


@pytest.mark.parametrize("budget_s", [9.0, 30.0, 61.5, 200.0])
def test_the_budget_is_kept_whatever_the_cells_cost(budget_s: float) -> None:
    made = schedule(cells(6))
    dice = random.Random(3)  # noqa: S311
    spent_s = 0.0
    while turn := made.turn(budget_s - spent_s):
        elapsed_s = (1 + int(turn.cell.mode)) * 0.4 * dice.uniform(0.95, 1.0)
        spent_s += elapsed_s
        made.enter(run_of(turn, dice.lognormvariate(0, 1), elapsed_s))
    assert spent_s <= budget_s
    assert all(state.good >= 1 for state in made.states.values())


def test_what_is_left_of_the_budget_goes_to_the_cells_furthest_from_their_target() -> None:
    made = schedule(cells(3))
    noise = {"m/0:c": 0.02, "m/1:c": 0.5, "m/2:c": 0.1}
    dice = random.Random(3)  # noqa: S311
    for _ in range(3 * 8):
        turn = made.turn(FOREVER_S)
        assert turn is not None
        made.enter(run_of(turn, dice.lognormvariate(0, noise[turn.cell.cell])))
    turn = made.turn(1.2)
    assert turn is not None
    assert turn.cell.cell == "m/1:c"


def test_a_cell_with_fewer_runs_comes_before_one_further_from_its_target() -> None:
    made = schedule(cells(2))
    first = made.turn(FOREVER_S)
    second = made.turn(FOREVER_S)
    assert first is not None
    assert second is not None
    made.enter(run_of(first))
    left = made.turn(1.2)
    assert left is not None
    assert left.cell == second.cell


def test_an_unseen_cell_is_expected_to_take_as_long_as_the_same_metric_on_another_mode() -> None:
    made = schedule(cells(2))
    turn = made.turn(FOREVER_S)
    assert turn is not None
    made.enter(run_of(turn, elapsed_s=9))
    other = next(name for name in made.states if name != turn.cell.cell)
    assert made.expected_s(other) == 9
    assert made.turn(5) is None


@pytest.mark.parametrize("cut", [0, 1, 5, 8, 13, 27])
def test_a_schedule_taken_up_again_goes_on_as_it_would_have(cut: int) -> None:
    dice = random.Random(3)  # noqa: S311
    whole = schedule(cells(8))
    runs = []
    for _ in range(40):
        turn = whole.turn(FOREVER_S)
        assert turn is not None
        runs.append(run_of(turn, dice.lognormvariate(0, 0.02)))
        whole.enter(runs[-1])
    again = schedule(cells(8))
    for run in runs[:cut]:
        again.enter(run)
    for run in runs[cut:]:
        turn = again.turn(FOREVER_S)
        assert turn is not None
        assert (turn.cell.cell, turn.round, turn.seed) == (run.cell, run.round, run.seed)
        again.enter(run)


def test_a_run_of_a_round_that_was_never_begun_is_taken_in_all_the_same() -> None:
    given = cells(1, Target(None, 1, 1))
    of = schedule(given)
    of.enter(run_of(Turn(given[0], 0, 1)))
    assert of.open_cells() == []
    of.enter(run_of(Turn(given[0], 5000, 1)))
    assert of.turn(FOREVER_S) is None


def test_a_campaign_says_which_cells_have_runs_that_depend_on_each_other() -> None:
    def ended(lag: float) -> CellEnd:
        made, dice, state = schedule(cells(1, Target(1e-9, 6, 40))), random.Random(4), 0.0  # noqa: S311
        while turn := made.turn(FOREVER_S):
            state = lag * state + dice.gauss(0, 0.01)
            made.enter(run_of(turn, math.exp(state)))
        return made.ends("budget")["m/0:c"]

    assert dependent(ended(0.9))
    assert not dependent(ended(0.0))
    assert not dependent(CellEnd("unsupported", 0, None))
