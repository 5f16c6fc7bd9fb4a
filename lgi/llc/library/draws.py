"""What the chains of a model left, and what can be made of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import torch

from lgi.errors import ModelError, shown
from lgi.llc.estimate import (
    TIGHTER,
    Traces,
    effective_weights,
    share_moved,
    stated_error,
    statuses,
    summary,
)
from lgi.llc.keys import chain_keys
from lgi.llc.library import inference
from lgi.llc.library.door import need_setting, whole
from lgi.llc.library.progress import Progress
from lgi.llc.library.sampling import Run, begin, computing, numbers, with_draws
from lgi.llc.settings import EstimateSettings
from lgi.llc.status import BIASED_STEP, DIVERGED, NOT_CONVERGED, OK

if TYPE_CHECKING:
    from xarray import DataTree

NOT_OF_CHAINS = {
    "moved": ("moved", "|w* - the state before its polish| / |w*|"),
    "curvature": ("curvature", "`lgi.llc.library.curvature.curvatures(...).least`"),
    "of_trivial": ("trivial_loss", "L of a model that always answers the same"),
}
"""Bounds on what chains do not tell: name and source of the value."""


WEIGHTS = 100
"""Of so many equal weights those of the draws must be worth that are to tell λ̂ at another γ."""

UNKNOWN = f"shift not known, since too few draws would count at γ × {TIGHTER:g}"

NOISE = 0.1
"""Share of λ̂ that the noise of mini-batches' gradients may add: smaller steps or larger batches."""


@dataclass(frozen=True)
class Draws:
    """The draws of the chains of one model."""

    traces: Traces
    setting: EstimateSettings  # its draws are those that were made
    samples: int  # n of nβ
    mapping: str  # "vmap" or "loop"
    loss_samples: int  # by how many samples L is measured
    noise: float  # by how much the noise of mini-batches' gradients makes λ̂ too large, at most
    subsample_se: float  # error of λ̂ since these are not all; 0 where they are
    acceptance: np.ndarray  # [chains] mean acceptance probability after burn-in
    step_size: np.ndarray  # [chains] ε after burn-in
    sampled: dict[str, int]  # how many entries of each parameter are sampled
    notes: tuple[str, ...] = ()  # sentences about what was found or chosen
    interrupted: bool = False
    tighter: tuple[float, float] | None = None  # λ̂ and its error where γ is TIGHTER times as large
    run: Run = field(kw_only=True, repr=False, compare=False)  # the chains, to go on

    def columns(self, about: Mapping[str, float] = MappingProxyType({})) -> dict[str, float | str]:
        """Return the columns of `lgi.llc.estimate.estimate`, each one number or text.

        And ``noise``, by how much the noise of the gradient of mini-batches makes λ̂ too large: it
        adds ε (nβ)² C / 4 to the unit variance of SGLD's own noise, C that gradient's covariance,
        and ε (nβ)² tr C / 8 to λ̂ where the loss holds. The test of acceptance does not see it, so
        an estimate of which it is more than `NOISE` has a biased step.

        And ``subsample_se``, the error of λ̂ since L is measured by some of the samples: part of
        ``llc_se``, added in squares, and so of ``llc_error`` and the status.

        Parameters
        ----------
        about
            What chains alone do not tell and a bound of the setting asks for: ``moved``, how far w*
            is from the state it was polished from, as a share of |w*|; ``curvature``, the least
            eigenvalue of the Hessian (`lgi.llc.library.curvature.curvatures`); ``trivial_loss``, L
            of the model that always answers the same, for ``of_trivial``.

        Raises
        ------
        ModelError
            If a bound cannot be tested without such a value.
        """
        need_known(self.setting, about)
        table, bound = self._table(about), self.setting.thresholds.shift or np.nan
        if not self._shift_is_known():
            for name in ("localisation_shift", "localisation_shift_se", "shift", "llc_error"):
                table[name] = np.full(1, np.nan)
            self._judge(table)
        columns = {name: values.item() for name, values in table.items()}
        columns["reason"] = columns["reason"].replace(f"shift nan above {bound:.3g}", UNKNOWN)
        if self.noise > NOISE * float(columns["llc"]) and columns["status"] != DIVERGED:
            if columns["status"] in (OK, NOT_CONVERGED):
                columns["status"] = BIASED_STEP
            more = f"noise {self.noise:.3g} above {NOISE:g} of llc"
            columns["reason"] = "; ".join(filter(None, [columns["reason"], more]))
        return columns | {"noise": self.noise, "subsample_se": self.subsample_se}

    def estimate(
        self,
        about: Mapping[str, float] = MappingProxyType({}),
        *,
        progress: bool | None = None,
    ) -> dict[str, float | str]:
        """Return `columns`, after a second look where that decides.

        By how much λ̂ moves where γ is `lgi.llc.estimate.TIGHTER` times as large is told by weights
        of the draws. Where the loss leaves many directions free too few draws carry them; if all
        else is well, chains are then drawn there, as many and as long, from the stream with
        ``"tighter"`` at its end.

        Parameters
        ----------
        about
            As for `columns`.
        progress
            See `lgi.llc.library.options.Options`.
        """
        columns = self.columns(about)
        if columns["reason"] != UNKNOWN or self.interrupted:  # something else is in the way too
            return columns
        return self._with_tighter(progress).columns(about)

    def _with_tighter(self, progress: bool | None) -> "Draws":
        setting = self.setting.model_copy(
            update={"localisation": TIGHTER * self.setting.localisation}
        )
        run = self.run
        keys = chain_keys([(*run.batches.stream, "tighter")], setting.chains)
        with computing() as threads:
            own = begin(
                run.looped[0].model,
                run.parameters,
                run.batches,
                setting,
                run.n_beta,
                keys,
                self.mapping,
                threads,
            )
            own = replace(  # the gradient at w* hangs on no γ
                own, gradient_samples=run.gradient_samples, gradient_norm=run.gradient_norm
            )
            own, interrupted = own.onward(setting, progress, None)
        if interrupted:
            return self
        drawn_there = drawn(own, self.samples, self.mapping, self.notes, interrupted)
        found = drawn_there._table({})
        return replace(self, tighter=(found["llc"].item(), found["llc_se"].item()))

    def _table(self, about: Mapping[str, float]) -> dict[str, np.ndarray]:
        known = {name: np.array([value], dtype=float) for name, value in about.items()}
        table = summary(self.traces, self.setting, known)
        if not self.subsample_se and self.tighter is None:
            return table
        table["llc_se"] = np.hypot(table["llc_se"], self.subsample_se)
        if self.tighter is not None:
            moved = self.tighter[0] - table["llc"]
            error = np.hypot(table["llc_se"], self.tighter[1])
            table["localisation_shift"], table["localisation_shift_se"] = moved, error
            table["shift"] = share_moved(table["llc"], moved, error)
        shift, shift_se = table["localisation_shift"], table["localisation_shift_se"]
        if np.isfinite(shift).all():
            table["llc_error"] = stated_error(table["llc_se"], shift, shift_se)
        self._judge(table)
        return table

    def _judge(self, table: dict[str, np.ndarray]) -> None:
        table["status"], table["reason"] = statuses(
            table, self.setting.thresholds, exact=self.setting.sampler.exact
        )

    def _shift_is_known(self) -> bool:
        """Whether the draws tell by how much λ̂ moves with γ, or chains of their own do."""
        burn_in = self.setting.burn_in // self.setting.thin
        pull = self.traces.pull[:, :, burn_in:]
        if self.tighter is not None or not np.isfinite(pull).all() or not self.setting.localisation:
            return True
        return bool(effective_weights(pull).item() >= WEIGHTS)

    def datatree(self) -> "DataTree":
        """Return the chains as ArviZ 1.x has them; see `lgi.llc.library.inference.datatree`."""
        return inference.datatree(self)

    def more(
        self,
        draws: int,
        *,
        progress: bool | None = None,
        callback: Callable[[Progress], None] | None = None,
    ) -> "Draws":
        """Return the same chains with so many draws more, as if they had been drawn in one go.

        Parameters
        ----------
        draws
            Of each chain, a multiple of the setting's `thin`.
        progress, callback
            See `lgi.llc.library.options.Options`.

        Raises
        ------
        ModelError
            If it is no positive multiple of `thin`.
        KeyboardInterrupt
            If it is interrupted twice.
        """
        more = whole(draws)
        if more is None or more < 1:
            raise ModelError(f"draws: {shown(draws)} is no positive whole number")
        setting = with_draws(self.setting, self.setting.draws + more)
        with computing():
            run, interrupted = self.run.onward(setting, progress, callback)
        return drawn(run, self.samples, self.mapping, self.notes, interrupted)


def need_known(
    setting: EstimateSettings, about: Mapping[str, float] = MappingProxyType({})
) -> None:
    """Raise `ModelError` if a bound is set on what neither chains nor `about` tell."""
    need_setting(setting)
    for bound, (name, source) in NOT_OF_CHAINS.items():
        if getattr(setting.thresholds, bound) is not None and name not in about:
            raise ModelError(
                f"thresholds: {bound} cannot be tested by the draws alone: leave it null, or give "
                f"draws.columns({{{name!r}: ...}}), {source}"
            )


def drawn(run: Run, samples: int, mapping: str, notes: tuple[str, ...], interrupted: bool) -> Draws:
    """Return what the chains of a run have left."""
    walks, setting = [group.walk for group in run.groups], run.setting
    of_chains = {
        name: numbers(torch.cat([torch.stack(getattr(w, name)[: run.kept]) for w in walks], dim=1))
        for name in ("losses", "pulls")
    }
    lowest_loss = torch.cat([walk.lowest_loss for walk in walks])
    lowest = torch.cat([walk.lowest for walk in walks])[lowest_loss.nan_to_num(torch.inf).argmin()]
    acceptance, centre = run.acceptance(), run.parameters.flat()
    steps = numbers(torch.cat([walk.step_sizes() for walk in walks]))
    traces = Traces(
        loss=of_chains["losses"].T[None],
        acceptance=acceptance.mean()[None],
        loss_at_w=np.array([run.loss_at_w]),
        gradient_norm=np.array([run.gradient_norm]),
        length=numbers(centre.double().norm())[None],
        pull=of_chains["pulls"].T[None],
        last=numbers(torch.cat([walk.parameters for walk in walks])).T[:, None],
        lowest=numbers(lowest)[:, None],
        n_beta=run.n_beta,
        localisation=setting.localisation,
    )
    return Draws(
        traces,
        setting,
        samples,
        mapping,
        run.batches.measured if run.batches.blocks > 1 else run.batches.size,
        float(steps.mean() * run.n_beta**2 * run.noise / 8),
        _subsample_error(run),
        acceptance,
        steps,
        dict(zip(run.parameters.names, run.parameters.sizes, strict=True)),
        notes,
        interrupted,
        run=run,
    )


def _subsample_error(run: Run) -> float:
    """Return the error of λ̂ of a subsample, from the spread of its blocks.

    Given the draws, λ̂ is the mean over samples of what each contributes, nβ (E[l(w)] - l(w*)), and
    a block's mean is that of some drawn at random without replacement (Cochran 1977, "Sampling
    techniques", eq. 2.20, with the correction 1 - m/n for a finite population).
    """
    batches = run.batches
    if batches.blocks == 1:
        return 0.0
    means = [numbers(group.of_blocks) / group.counted for group in run.groups]
    rise = run.n_beta * (np.concatenate(means).mean(axis=0) - run.blocks_at_w)
    left_out = 1 - batches.measured / batches.size
    return float(np.std(rise, ddof=1) * np.sqrt(left_out / batches.blocks))
