"""What people read in place of a name of the configuration: display names.

No result depends on them but the texts, pictures and pages that show them; what is not given one is
called by its name, written with blanks.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from lgi.errors import listed, shown
from lgi.prose import joined
from lgi.settings import Label, Name, Settings

LOSSES = {
    "train_loss": "training loss",
    "test_loss": "test loss",
    "population_loss": "population loss",
}
"""Losses of a state by their columns, each with what people read in its place."""


class DisplayNames(Settings):
    """Display names, by kind of what is named; a study says which kinds it has.

    Every field is a mapping from names of the configuration to words of up to 100 characters.
    """

    def of(self, kind: str, name: str) -> str:
        """Return what people read in place of a name.

        Parameters
        ----------
        kind
            A field, such as ``recipes``.
        name
            As the configuration has it.
        """
        return getattr(self, kind).get(name) or name.replace("_", " ")

    def several(self, kind: str, names: Any) -> list[str]:
        """Return the display names of some names, in their order."""
        return [self.of(kind, name) for name in names]

    def undefined(self, defined: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield the names that are given a display name and not defined.

        Parameters
        ----------
        defined
            What the configuration defines, by kind: names in a collection.
        """
        for kind, names in defined.items():
            for name in getattr(self, kind):
                if name not in names:
                    there = listed(list(names))
                    yield f"{kind}.{name}", f"unknown; found {shown(name)}, there are {there}"


class GaussianNames(DisplayNames):
    """Display names of study 1."""

    images: dict[Name, Label]
    recipes: dict[Name, Label]

    def fit(self, image: str, recipe: str, *more: str) -> str:
        """Return what people read of fits of an image and a recipe, and of what else is named."""
        more = tuple(word.replace("_", " ") for word in more)
        return joined(self.of("images", image), self.of("recipes", recipe), *more)

    def problems(self, config: Any) -> Iterator[tuple[str, str]]:
        """Yield what is named here and not defined."""
        study = config.gaussians
        yield from self.undefined({"images": study.images, "recipes": study.recipes})


UNNAMED_FITS = GaussianNames(images={}, recipes={})
"""Nothing has a display name."""


class SuperpositionNames(DisplayNames):
    """Display names of study 2."""

    initialisations: dict[Name, Label]
    settings: dict[Name, Label]  # of the estimator

    def problems(self, config: Any) -> Iterator[tuple[str, str]]:
        """Yield what is named here and not defined."""
        study = config.superposition
        defined = {"initialisations": study.initialisations, "settings": study.llc.settings}
        yield from self.undefined(defined)


UNNAMED_MODELS = SuperpositionNames(initialisations={}, settings={})
"""Display names where a configuration gives none."""
