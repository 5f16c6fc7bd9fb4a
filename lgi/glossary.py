"""Terms of both studies, each defined once: for the analyses, the documentation and the site."""

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """A term, and what it means."""

    name: str
    definition: str  # one sentence or two
    studies: tuple[int, ...] = (1, 2)  # those that speak of it
    forms: tuple[str, ...] = ()  # further words by which a text speaks of it

    @property
    def anchor(self) -> str:
        """Name of its place in a glossary, of letters, digits and hyphens."""
        return "term-" + re.sub(r"\W+", "-", self.name.lower()).strip("-")


TERMS = (
    Term("fit", "Training of N Gaussians so that they make an image.", (1,), ("fits",)),
    Term("N", "The number of Gaussians of a fit.", (1,)),
    Term(
        "image",
        "The picture that a fit is to make. The published one, a gradient beside a checkerboard, "
        "has 64 × 64 pixels.",
        (1,),
        ("images",),
    ),
    Term(
        "recipe",
        "How a fit is trained: iterations, start, blending, cut-off, gradient, learning rate. "
        "The published one is the original study's; most others change one thing in it.",
        (1,),
        ("recipes",),
    ),
    Term(
        "seed",
        "The number that every random draw of a run follows from. Runs of different seeds are "
        "independent; those of one seed share their start, and count as one.",
        forms=("seeds",),
    ),
    Term(
        "loss",
        "How far a fit's picture is from the image: 0.2 × mean absolute error + 0.8 × mean "
        "squared error + 0.1 × (1 − SSIM). Lower is better.",
        (1,),
        ("losses",),
    ),
    Term(
        "best loss",
        "The lowest loss along a fit's training; the state that has it is kept.",
        (1,),
        ("best losses",),
    ),
    Term(
        "turn",
        "A fit turns when its loss, after its best, rises above 1.1 times it.",
        (1,),
        ("turns", "turned", "turning"),
    ),
    Term(
        "coverage",
        "A pixel is covered if a Gaussian reaches it, uncovered, and black, if none does.",
        (1,),
        ("covered", "uncovered"),
    ),
    Term(
        "cut-off",
        "The distance from its centre, in its own standard deviations σ, beyond which a Gaussian "
        "counts for nothing: 3.5 σ as published.",
        (1,),
    ),
    Term(
        "smooth edge",
        "A cut-off at which a Gaussian's weight falls to 0 by a slope, which the gradient sees; "
        "at a hard edge, the published one, it falls at once, and the gradient does not see it.",
        (1,),
        ("hard edge", "smooth edges", "hard edges"),
    ),
    Term(
        "blend",
        "How Gaussians that overlap make one colour: as published by the mean of their colours, "
        "by weight; or by their sum.",
        (1,),
        ("blends", "blending", "averaged", "added"),
    ),
    Term("step", "The best loss of N less that of N − 1 of the same seed.", (1,), ("steps",)),
    Term(
        "bits per parameter",
        "What it costs to write down one number of a Gaussian, the price at which more Gaussians "
        "are weighed against a better fit.",
        (1,),
    ),
    Term(
        "PSNR",
        "Peak signal-to-noise ratio, 10 log10(1 / mean squared error), in decibels. "
        "Higher is better.",
        (1,),
    ),
    Term(
        "SSIM",
        "Structural similarity of two pictures, of windows of them; 1 is equal.",
        (1,),
        ("MS-SSIM",),
    ),
    Term(
        "effective dimension",
        "How many directions of the parameters the data hold at a noise σ and a localisation γ: "
        "Σ h / (h + γ) over the curvatures h of n L.",
        (1,),
        ("effective dimensions",),
    ),
    Term(
        "skill",
        "The share of the squared error that a prediction saves, in seeds that it was not learnt "
        "from: 0 is none of it, 1 all.",
        (1,),
    ),
    Term(
        "AUC",
        "The chance that of two cases, one of each kind, the right one is ranked higher; 0.5 is "
        "guessing.",
        (1,),
    ),
    Term(
        "Jacobian",
        "The derivatives of an image's pixels by the parameters of its Gaussians. Its effective "
        "rank counts the directions in which they differ, without a noise.",
        (1,),
        ("effective rank",),
    ),
    Term(
        "Hessian",
        "The second derivatives of a loss by the parameters; its eigenvalues are the curvatures.",
    ),
    Term(
        "rank correlation",
        "How alike two orders are: 1 if the same, 0 if unrelated, -1 if one is the other reversed.",
        forms=("rank correlations",),
    ),
    Term(
        "free energy",
        "n L + λ ln n for n pixels: what an image costs to describe, by how well it is fitted, L, "
        "and by the number of parameters, of which λ is half in a regular model.",
        (1,),
    ),
    Term(
        "sparsity S",
        "The chance that a feature is 0 in a sample. A loss divided by 1 − S is a share of what a "
        "model loses that always answers 0, so that sparsities can be compared.",
        (2,),
        ("sparsity", "sparsities", "S"),
    ),
    Term(
        "k-gon",
        "A state of a model whose feature vectors, the columns of W, have a convex hull with k "
        "corners. A 5+-gon has five, and a feature inside with a positive bias; a degenerate hull "
        "has no area.",
        (2,),
        ("k-gons", "polygon", "polygons", "5+-gon", "4-gon", "6-gon"),
    ),
    Term(
        "start",
        "The state from which training begins: random, near a regular four- or six-gon, or exactly "
        "at the six-gon that is optimal where one feature is active.",
        (2,),
        ("starts",),
    ),
    Term(
        "epoch",
        "One pass of training over the samples. What is reported for epoch e is of the state after "
        "e of them.",
        (2,),
        ("epochs",),
    ),
    Term(
        "training loss",
        "The squared error of a model, a mean over samples and features, of the samples that it "
        "learnt from; the test loss is of others.",
        (2,),
        ("training losses", "test loss"),
    ),
    Term(
        "population loss",
        "The expected loss over all samples that could be drawn, exact and without sampling.",
        (2,),
    ),
    Term(
        "LLC",
        "Local learning coefficient λ: how fast the volume of parameters with nearly as low a loss "
        "shrinks around a minimum; half the number of parameters where all of them are held, less "
        "where they are not. λ̂ is its estimate.",
        (2,),
        ("learning coefficient", "learning coefficients", "local learning coefficient"),
    ),
    Term(
        "chain",
        "A random walk through the parameters that visits those of low loss often; an estimate is "
        "the mean of the loss along several of them, less the loss at w*, times nβ.",
        (2,),
        ("chains",),
    ),
    Term(
        "w*",
        "The point around which an estimate looks, where its chains start: the minimum near a "
        "state, or the state itself.",
        (2,),
    ),
    Term(
        "Hessian LLC",
        "What the curvatures h of the loss at w* say the estimate is: ½ Σ nβ h / (nβ h + γ) over "
        "those above 0.",
        (2,),
    ),
    Term(
        "number of directions",
        "In how many directions from w* the loss holds the parameters more than γ does: nβ h > γ.",
        (2,),
    ),
    Term(
        "nβ",
        "The inverse temperature at which chains sample, n / ln n for n samples: the larger, the "
        "closer they stay to low loss.",
        (2,),
    ),
    Term(
        "γ",
        "The localisation: how strongly chains, or the volume that is measured, are held to where "
        "they begin.",
    ),
    Term(
        "σ of the likelihood",
        "The standard deviation of the noise that the model of the data states; the smaller, the "
        "more finely an estimate looks.",
        (2,),
        ("σ",),
    ),
    Term(
        "scale",
        "With which σ, nβ and γ an estimate looks at the loss: at another resolution, valleys may "
        "look like one, or like several.",
        (2,),
        ("scales", "resolution"),
    ),
    Term(
        "local",
        "An estimate is local if its chains stay near the minimum that it is about.",
        (2,),
        ("not local",),
    ),
    Term(
        "status",
        "What an estimate says of itself: ok, or the first test that it fails: diverged, not a "
        "minimum, not local, biased step, not converged. What is not ok is no coefficient.",
        (2,),
        ("ok",),
    ),
    Term(
        "interval",
        "A range in square brackets in which the value lies at the level of confidence that the "
        "configuration states, 95 % unless said otherwise.",
        forms=("intervals",),
    ),
    Term(
        "claim",
        "A statement that a value lies in a region, such as a difference above 0.",
        forms=("claims",),
    ),
    Term(
        "verdict",
        "What the data say of a claim: supported if the whole interval of the value lies in the "
        "region, not supported if none of it does, undecided otherwise; contradicted if it lies "
        "beyond a stated margin on the other side, within the margin if the effect is smaller "
        "than that.",
        forms=("verdicts", "supported", "not supported", "undecided", "contradicted"),
    ),
)


def markdown(terms: tuple[Term, ...] = TERMS) -> str:
    """Return terms with their definitions as Markdown, by the alphabet, each with an anchor."""
    return "\n".join(lines(terms)) + "\n"


def lines(terms: tuple[Term, ...] = TERMS) -> Iterator[str]:
    """Yield the lines of `markdown`."""
    for term in sorted(terms, key=lambda term: term.name.lower()):
        yield f'- <a id="{term.anchor}"></a>**{term.name}**: {term.definition}'


def used(text: str, study: int) -> tuple[Term, ...]:
    """Return the terms of a study that a text speaks of."""
    found = {name for name, _ in _found(text, _of(study))}
    return tuple(term for term in _of(study) if term.name in found)


def linked(paragraphs: list[str], study: int) -> list[str]:
    """Return lines of Markdown with each term linked to its definition where it comes first.

    The link shows the definition to whom points at it. Headings, tables, code, pictures, HTML and
    what is a link already stay as they are.
    """
    left = {term.name: term for term in _of(study)}
    told = []
    for line in paragraphs:
        if line.startswith(("#", "|", "<", "!", "    ")):
            told.append(line)
            continue
        pieces = _KEPT.split(line)
        # Odd pieces are what stays.
        pieces[::2] = [_link(piece, left) for piece in pieces[::2]]
        told.append("".join(pieces))
    return told


_KEPT = re.compile(r"(!?\[[^\]]*\]\([^)]*\)|`[^`]*`|<[^>]*>)")


def _of(study: int) -> tuple[Term, ...]:
    return tuple(term for term in TERMS if study in term.studies)


def _found(text: str, terms: tuple[Term, ...]) -> Iterator[tuple[str, re.Match]]:
    """Yield where terms stand in a text, the longest at each place, with their name."""
    names = {form: term.name for term in terms for form in (term.name, *term.forms)}
    lower = {form.lower(): name for form, name in names.items()}
    several = "|".join(re.escape(form) for form in sorted(names, key=len, reverse=True))
    for match in re.finditer(rf"(?<![\w-])(?:{several})(?![\w-])", text, re.IGNORECASE):
        word = match.group()
        if len(word) > 1 or word in names:  # n is not N
            yield names.get(word) or lower[word.lower()], match


def _link(text: str, left: dict[str, Term]) -> str:
    """Return a text with links to terms of which none was set yet, which are taken off `left`."""
    told, done = "", 0
    for name, match in _found(text, tuple(left.values())):
        if name not in left:
            continue
        term = left.pop(name)
        tip = term.definition.replace('"', "&quot;")
        told += text[done : match.start()] + f'[{match.group()}](#{term.anchor} "{tip}")'
        done = match.end()
    return told + text[done:]
