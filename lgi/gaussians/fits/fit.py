"""Definition of a fit: render, compare, follow the gradient with Adam, clamp.

float32, each product and sum grouped and ordered as published: see `lgi.gaussians.fits.gradient`.
"""

import math

import numpy as np
import torch
from torch import Tensor
from torch.optim import lr_scheduler

from lgi.gaussians.fits import loss
from lgi.gaussians.fits.adam import Adam
from lgi.gaussians.fits.edge import COVERED, edge_of
from lgi.gaussians.fits.gradient import image_gradient, parameter_gradient
from lgi.gaussians.fits.growth import growth_of
from lgi.gaussians.fits.history import History, Measurement
from lgi.gaussians.fits.initial import COLUMNS, present
from lgi.gaussians.fits.render import blend, weights
from lgi.gaussians.fits.settings import RecipeSettings


def fit(
    target: np.ndarray,  # [height, width, 3]
    start: np.ndarray,  # [n, P]
    recipe: RecipeSettings,
    seed: int = 0,
) -> tuple[History, np.ndarray]:
    """Fit Gaussians to an image.

    Parameters
    ----------
    target
        Image in [0, 1].
    start
        Start parameters, columns as in `lgi.gaussians.fits.initial.PARAMETERS`.
    recipe
        How to fit.
    seed
        Seed of the run; decides nothing where all Gaussians are there from the start.

    Returns
    -------
    History
        Measurements, kept parameters and how the fit ended.
    ndarray
        float32 parameters [n, P] after the last update; fewer if the fit ended before all were
        added.
    """
    history, growth = History(recipe, start), growth_of(recipe, len(start), seed)
    aim = target
    target = torch.tensor(target, dtype=torch.float32)
    parameters = torch.tensor(present(start), dtype=torch.float32)
    low, high = (bound.to(parameters) for bound in bounds(recipe, parameters.shape[1]))
    trained = torch.zeros(parameters.shape[1], dtype=torch.bool)
    trained[[column for group in recipe.trained for column in COLUMNS[group]]] = True
    black = edge_of(recipe.cutoff, recipe.edge).background
    optimiser = Adam(parameters, recipe.optimiser)
    schedule = learning_rate(optimiser, recipe)

    for iteration in range(1, recipe.iterations + 1):
        w, decay = weights(parameters, target.shape[1], target.shape[0], recipe.cutoff, recipe.edge)
        image, weight = blend(w, parameters[:, COLUMNS["colour"]], black, recipe.blend)
        error = image_gradient(image, target, recipe)
        gradient = parameter_gradient(parameters, w, decay, image, weight, error, recipe.blend)
        parameters.grad = torch.where(trained, gradient, 0)

        before = parameters.clone()
        history.keep_snapshot(iteration, _array(before))
        if history.measures_at(iteration):
            measurement = measure(image, w, weight, target, parameters, recipe)
            if not history.measure(iteration, measurement, _array(before)):
                break
        optimiser.step()
        schedule.step()
        if not parameters.isfinite().all():
            parameters.copy_(before)
            history.diverge(iteration)
            break
        parameters.clamp_(low, high)
        if iteration in growth.counts:
            added = growth.added(iteration, _array(image), aim)
            parameters = torch.cat([parameters, torch.tensor(added).to(parameters)])
            optimiser.extend(parameters)
    return history, _array(parameters)


def measure(
    image: Tensor,
    w: Tensor,
    weight: Tensor,
    target: Tensor,
    parameters: Tensor,
    recipe: RecipeSettings,
) -> Measurement:
    """Measure a rendered image, and the parameters [n, P] with their gradient."""
    low, high = (bound.to(parameters) for bound in bounds(recipe, parameters.shape[1]))
    groups = [list(COLUMNS[group]) for group in recipe.trained]
    l2 = loss.l2(image, target).item()
    background = weight.new_tensor(edge_of(recipe.cutoff, recipe.edge).background)
    uncovered = weight <= max(COVERED, background)
    painted = torch.where(uncovered[:, :, None], target, image)
    at_low, at_high = (parameters <= low).double(), (parameters >= high).double()
    return Measurement(
        loss=loss.reported(image, target, recipe.loss).item(),
        l1=loss.l1(image, target).item(),
        l2=l2,
        ssim=loss.ssim(image, target).item(),
        psnr=-10 * math.log10(l2) if l2 > 0 else math.inf,
        uncovered=uncovered.double().mean().item(),
        loss_covered=loss.reported(painted, target, recipe.loss).item(),
        overlap=(w > 0).sum().item() / weight.numel(),
        gradient_norm=tuple(parameters.grad[:, g].norm().item() for g in groups),
        at_low=tuple(at_low[:, g].mean().item() for g in groups),
        at_high=tuple(at_high[:, g].mean().item() for g in groups),
    )


def bounds(recipe: RecipeSettings, width: int) -> tuple[Tensor, Tensor]:
    """Return the lower and upper bound of each column, infinite for those not trained."""
    low, high = torch.full((width,), -math.inf), torch.full((width,), math.inf)
    for group in recipe.trained:
        columns = list(COLUMNS[group])
        low[columns], high[columns] = recipe.bounds(group)
    return low, high


def learning_rate(
    optimiser: torch.optim.Optimizer, recipe: RecipeSettings
) -> lr_scheduler.LRScheduler:
    """Return the schedule of a recipe, to be stepped after every update."""
    schedule = recipe.schedule
    match schedule.kind:
        case "constant":
            return lr_scheduler.ConstantLR(optimiser, factor=1)
        case "cosine":
            final = schedule.final * recipe.optimiser.rate
            return lr_scheduler.CosineAnnealingLR(optimiser, recipe.iterations, eta_min=final)
        case "exponential":
            factor = schedule.final ** (1 / recipe.iterations)
            return lr_scheduler.ExponentialLR(optimiser, gamma=factor)
        case "step":
            return lr_scheduler.StepLR(optimiser, schedule.every, gamma=schedule.factor)
        case "warm_restarts":
            final = schedule.final * recipe.optimiser.rate
            return lr_scheduler.CosineAnnealingWarmRestarts(
                optimiser, schedule.period, schedule.growth, eta_min=final
            )


def _array(parameters: Tensor) -> np.ndarray:
    return parameters.numpy().copy()
