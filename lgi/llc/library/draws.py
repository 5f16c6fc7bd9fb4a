"""What the chains of a model left, and what can be made of it."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch

from lgi.errors import ModelError, shown
from lgi.llc.estimate import Traces, stated_error, statuses, summary
from lgi.llc.library.progress import Progress
from lgi.llc.library.sampling import Run, computing, numbers, with_draws
from lgi.llc.settings import EstimateSettings


@dataclass(frozen=True)
class Draws:
    """The draws of the chains of one model."""

    traces: Traces
    setting: EstimateSettings  # its draws are those that were made
    samples: int  # n of nβ
    mapping: str  # "vmap" or "loop"
    loss_samples: int  # by how many samples L is measured
    subsample_se: float  # error of λ̂ since these are not all; 0 where they are
    acceptance: np.ndarray  # [chains] mean acceptance probability after burn-in
    step_size: np.ndarray  # [chains] ε after burn-in
    sampled: dict[str, int]  # how many entries of each parameter are sampled
    notes: tuple[str, ...] = ()  # sentences about what was found or chosen
    interrupted: bool = False
    run: Run = field(kw_only=True, repr=False, compare=False)  # the chains, to go on

    def columns(self) -> dict[str, float | str]:
        """Return the columns of `lgi.llc.estimate.estimate`, each one number or text.

        And ``subsample_se``, the error of λ̂ since L is measured by some of the samples: part of
        ``llc_se``, added in squares, and so of ``llc_error`` and the status.
        """
        table = summary(self.traces, self.setting)
        if self.subsample_se:
            table["llc_se"] = np.hypot(table["llc_se"], self.subsample_se)
            shift, shift_se = table["localisation_shift"], table["localisation_shift_se"]
            if np.isfinite(shift).all():
                table["llc_error"] = stated_error(table["llc_se"], shift, shift_se)
            table["status"], table["reason"] = statuses(
                table, self.setting.thresholds, exact=self.setting.sampler.exact
            )
        columns = {name: values.item() for name, values in table.items()}
        return columns | {"subsample_se": self.subsample_se}

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
        if not isinstance(draws, int) or draws < 1:
            raise ModelError(f"draws: {shown(draws)} is no positive whole number")
        setting = with_draws(self.setting, self.setting.draws + draws)
        with computing():
            run, interrupted = self.run.onward(setting, progress, callback)
        return drawn(run, self.samples, self.mapping, self.notes, interrupted)


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
    traces = Traces(
        loss=of_chains["losses"].T[None],
        acceptance=acceptance.mean()[None],
        loss_at_w=run.loss_at_w.mean()[None],
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
        _subsample_error(run),
        acceptance,
        numbers(torch.cat([walk.step_sizes() for walk in walks])),
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
    rise = run.n_beta * (np.concatenate(means).mean(axis=0) - run.loss_at_w)
    left_out = 1 - batches.measured / batches.size
    return float(np.std(rise, ddof=1) * np.sqrt(left_out / batches.blocks))
