# SPDX-License-Identifier: MIT
import re
from pathlib import Path

import pytest

from bench.core import Catalogue
from bench.error import BenchError
from bench.plans.plan import SHIPPED, load, parse_cell, shipped
from bench.probes.instrument import Instruments

TABLE = '[[cells]]\nmetric = "latency"\nmodes = ["memfd"]\n'


def written(folder: Path, text: str) -> str:
    path = folder / "mine.toml"
    path.write_text(text)
    return str(path)


def test_a_table_is_the_product_of_its_lists(tmp_path: Path, catalogue: Catalogue) -> None:
    text = """
        [[cells]]
        metric = ["latency"]
        modes = ["memfd", "secret"]
        params = { len_bytes = ["16KiB", 65536], order = "local" }
    """
    names = [cell.cell for cell in load(written(tmp_path, text), catalogue).cells]
    assert names == [
        "latency/memfd:memfd/len_bytes=16384,order=local",
        "latency/secret:memfd/len_bytes=16384,order=local",
        "latency/memfd:memfd/len_bytes=65536,order=local",
        "latency/secret:memfd/len_bytes=65536,order=local",
    ]


def test_params_are_complete_while_the_name_holds_what_was_given(catalogue: Catalogue) -> None:
    cell = parse_cell("latency/anon/len_bytes=64KiB", catalogue)
    assert cell.cell == "latency/anon:memfd/len_bytes=65536"
    assert cell.params == {"len_bytes": 65536, "slices": 10, "order": "random"}


def test_a_cells_own_name_is_read_back_as_the_same_cell(catalogue: Catalogue) -> None:
    for text in ("latency/secret:anon/order=local,slices=20", "touch/memfd:memfd", "count/secret"):
        cell = parse_cell(text, catalogue)
        assert parse_cell(cell.cell, catalogue) == cell


def test_parameters_are_named_in_order(catalogue: Catalogue) -> None:
    cell = parse_cell("latency/anon:anon/slices=20,len_bytes=64", catalogue)
    assert cell.cell == "latency/anon:anon/len_bytes=64,slices=20"


def test_a_metric_of_one_mode_has_no_control(catalogue: Catalogue) -> None:
    cell = parse_cell("count/secret", catalogue)
    assert (cell.cell, cell.control) == ("count/secret", None)


def test_an_exact_metric_runs_twice(tmp_path: Path, catalogue: Catalogue) -> None:
    plan = load(written(tmp_path, TABLE.replace("latency", "count")), catalogue)
    assert plan.cells[0].target.max_runs == 2


def test_a_plan_without_a_noise_floor_gets_one_and_says_so(
    tmp_path: Path, catalogue: Catalogue
) -> None:
    text = (
        '[[cells]]\nmetric = "latency"\nmodes = ["secret", "anon"]\nhalf_width = 0.07\n'
        'params = { len_bytes = ["1KiB", "2KiB"] }\n'
        '[[cells]]\nmetric = "touch"\nmodes = ["secret", "memfd"]\n'
    )
    plan = load(written(tmp_path, text), catalogue)
    assert plan.cells[-1].cell == "latency/memfd:memfd/len_bytes=1024"
    assert plan.cells[-1].target.half_width == 0.07
    assert plan.notes == (
        "added latency/memfd:memfd/len_bytes=1024: every plan measures its own noise floor",
    )


def test_a_cell_named_twice_has_the_target_of_the_later_table(
    tmp_path: Path, catalogue: Catalogue
) -> None:
    text = TABLE + TABLE + "half_width = 0.005\nparams = { slices = 10 }\n"
    cells = load(written(tmp_path, text), catalogue).cells
    assert [cell.target.half_width for cell in cells] == [0.005]


def test_targets_and_control_come_from_the_plan_unless_a_table_differs(
    tmp_path: Path, catalogue: Catalogue
) -> None:
    text = (
        'control = "anon"\nbudget_s = 7\naccept_splits = true\n'
        "[target]\nhalf_width = 0.1\nmin_runs = 3\nmax_runs = 4\n"
        + TABLE
        + TABLE
        + 'control = "memfd"\nmin_runs = 9\nmax_runs = 5\n'
    )
    plan = load(written(tmp_path, text), catalogue)
    first, second = plan.cells[:2]
    assert (plan.budget_s, plan.accept_splits, plan.name) == (7, True, "mine")
    assert (first.control, first.target.min_runs, first.target.max_runs) == ("anon", 3, 4)
    assert (second.control, second.target.min_runs, second.target.max_runs) == ("memfd", 5, 5)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = \n", r"mine.toml: malformed TOML: .*line 1"),
        ("cells = []\nbudgets = 3\n", "mine.toml: .*unknown field `budgets`"),
        ("cells = []\n", r"no cells: add a \[\[cells\]\] table"),
        ("", "missing required field `cells`"),
        (TABLE + "x = 1\n", "mine.toml, line 1: .*unknown field `x`"),
        (TABLE + TABLE.replace("memfd", "memdf"), "line 4: unknown mode 'memdf': .*'memfd'"),
        (TABLE.replace("latency", "latencies"), "line 1: unknown metric .*'latency'"),
        (TABLE + "params = { slice = 3 }\n", "unknown parameter of latency 'slice': .*'slices'"),
        (TABLE + 'params = { order = "randm" }\n', "value of order 'randm': .*'random'"),
        (TABLE + "params = { order = 7 }\n", "value of order '7'"),
        (TABLE + 'params = { len_bytes = "16KB" }\n', "len_bytes=16KB: not a number.*16KiB"),
        (TABLE + "params = { len_bytes = 1 }\n", "len_bytes=1: out of range: take 64 to"),
        (TABLE + "params = { slices = 2.5 }\n", "line 1: Expected .*int"),
        (TABLE + "half_width = 0\n", "half_width"),
        (TABLE + "max_runs = 101\n", "<= 100.*max_runs"),
        ("budget_s = -1\n" + TABLE, "budget_s"),
    ],
)
def test_a_faulty_plan_is_one_line_that_says_where(
    tmp_path: Path, catalogue: Catalogue, text: str, said: str
) -> None:
    with pytest.raises(BenchError, match=said) as caught:
        load(written(tmp_path, text), catalogue)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("latency", "write it as metric/mode"),
        ("latency/", "write it as metric/mode"),
        ("a/b/c/d", "write it as metric/mode"),
        ("latency/anon/slices", "'slices' has no value: write slices=..."),
        ("latency/anon:memdf", "unknown mode 'memdf'"),
        ("latency/anon/slices=many", "slices=many: not a number: write e.g. 16$"),
    ],
)
def test_a_faulty_cell_name_is_one_line(catalogue: Catalogue, text: str, said: str) -> None:
    with pytest.raises(BenchError, match=said):
        parse_cell(text, catalogue)


def test_an_unknown_plan_comes_with_the_nearest_one(catalogue: Catalogue) -> None:
    with pytest.raises(BenchError, match="unknown plan 'quik': did you mean 'quick'"):
        load("quik", catalogue)


def test_a_plan_that_cannot_be_read_names_its_path(tmp_path: Path, catalogue: Catalogue) -> None:
    with pytest.raises(BenchError, match=r"no\.toml: No such file"):
        load(str(tmp_path / "no.toml"), catalogue)
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(BenchError, match="not UTF-8"):
        load(str(tmp_path / "binary.toml"), catalogue)


def test_the_shipped_plans_keep_to_their_times(core: Path) -> None:
    catalogue = Instruments(core).catalogue()
    budgets = {name: load(name, catalogue).budget_s for name in shipped()}
    assert {"default", "full", "noise", "quick", "smoke"} <= set(budgets)
    assert budgets["smoke"] <= 15
    assert budgets["quick"] <= 120
    assert budgets["default"] <= 600


@pytest.mark.parametrize("name", [path.stem for path in SHIPPED.glob("*.toml")])
def test_every_shipped_plan_states_its_own_noise_floors(core: Path, name: str) -> None:
    plan = load(name, Instruments(core).catalogue())
    assert plan.notes == ()
    # Where nothing has a control there is no noise to know: boots counts and no more.
    controls = [cell for cell in plan.cells if cell.control is not None]
    assert not controls or any(cell.mode == cell.control for cell in controls)


def test_the_default_plan_resolves_half_a_percent_of_hot_access(core: Path) -> None:
    cells = {cell.cell: cell for cell in load("default", Instruments(core).catalogue()).cells}
    for len_bytes in (2**14, 2**26):
        name = f"access-latency/secret:memfd/len_bytes={len_bytes},order=line-random"
        assert cells[name].target.half_width == 0.005


@pytest.mark.parametrize("name", ["smoke", "quick"])
def test_the_plans_that_need_no_yes_hold_at_most_8_mib_at_once(core: Path, name: str) -> None:
    native = Instruments(core)
    plan = load(name, native.catalogue())
    assert plan.accept_splits
    assert max(native.need(cell).secret_held_bytes for cell in plan.cells) <= 8 * 2**20


def test_a_loss_has_a_target_of_its_own_or_none(tmp_path: Path, catalogue: Catalogue) -> None:
    table = TABLE.replace("latency", "loss")
    bare = load(written(tmp_path, table), catalogue).cells[0].target
    given = load(written(tmp_path, table + "half_width = 2e-7\n"), catalogue).cells[0].target
    assert (bare.half_width, bare.max_runs) == (None, 40)
    assert given.half_width == 2e-7


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"budget_s = {'9' * 5000}\n{TABLE}", "a number of thousands of digits"),
        (f"budget_s = {'9' * 400}\n{TABLE}", "Number out of range"),
        (f"budget_s = 1e999\n{TABLE}", "budget_s"),
        (f"budget_s = nan\n{TABLE}", "budget_s"),
        (f"a = {'[' * 5000}\n{TABLE}", "nested too deeply"),
        ("a." * 30_000 + f"b = 1\n{TABLE}", "line 1: more than 100 dots"),
        ('"\u2028".' * 300 + f"b = 1\n{TABLE}", "line 1: more than 100 dots"),
        (f"{TABLE}params = {{ slices = 0b{'1' * 60_000} }}", "slices=...: out of range: take 1 to"),
        (f"{TABLE}params = {{ len_bytes = '{'9' * 5000}GiB' }}", "not a number"),
        (f"{TABLE}params = {{ len_bytes = '\u0663' }}", "not a number"),
        (f"{TABLE}params = {{ slices = {list(range(1, 1002))} }}", "more than 1000 cells"),
        (f"{TABLE}params = {{ slices = {[1] * 999}, len_bytes = {[64] * 999} }}", "1000 cells"),
        (
            "".join(
                f"{TABLE}params = {{ slices = {list(range(1, 600))}, order = '{order}' }}\n"
                for order in ("local", "random")
            ),
            "line 5: more than 1000 cells",
        ),
        ("#" * 70_000 + f"\n{TABLE}", "longer than 64 KiB"),
        (TABLE.replace("memfd", "\\ud800"), "malformed TOML"),
    ],
)  # fmt: skip
def test_a_plan_of_any_size_is_read_or_refused_in_a_line(
    tmp_path: Path, catalogue: Catalogue, text: str, said: str
) -> None:
    with pytest.raises(BenchError, match=re.escape(said)):
        load(written(tmp_path, text), catalogue)


def test_a_plan_may_have_a_thousand_cells(tmp_path: Path, catalogue: Catalogue) -> None:
    text = f"{TABLE}params = {{ slices = {list(range(1, 1001))} }}"
    assert len(load(written(tmp_path, text), catalogue).cells) == 1000
