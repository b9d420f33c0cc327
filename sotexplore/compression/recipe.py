"""How a network is trained: rates, arithmetic, method. A record without torch, so that pages and queues can read it."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sotexplore.design import Number, Whole

Precision = Literal["float32", "bfloat16"]
"""Arithmetic of activations and gradients in training; weights, their updates and batch-norm statistics stay float32."""
Method = Literal["admm", "magnitude", "group-lasso", "post-training"]
Rho = Literal["growing", "fixed", "balanced"]
Rate = Annotated[Number, Field(gt=0, le=10)]
Bits = Annotated[Whole, Field(ge=1, le=8)]


class LastStep(BaseModel):
    """How the last step of a run's chain is fine-tuned."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    epochs: Annotated[Whole, Field(ge=1, le=1000)]
    rate: Rate
    residual_bits: Bits | None = None
    """Bits at which residual adds read activations, over the range of those that the next layer reads; None: at theirs."""
    admm: bool = True
    """Whether ADMM draws the weights to the levels of the run's bits first; else learned steps start at the weights as they are."""


class Recipe(BaseModel):
    """One way to train and compress; the defaults are the plain ADMM chain, a network's own are `default_recipe`'s."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: Method = "admm"
    """`admm`; or a baseline: `magnitude` prunes at once and retrains for the epochs of both stages, `group-lasso` pulls
    the groups' norms towards zero instead of towards a projection, `post-training` prunes as `admm` does and quantizes at once
    without training: closed-form steps, batch-norm re-estimated."""
    rho: Rho = "growing"
    """`growing` over the phase, `fixed` at its geometric mean, or `balanced` between the residuals."""
    progressive_steps: Annotated[Whole, Field(ge=1, le=10)] = 1
    """Rounds of pruning and retraining on the way to the ratio, each removing the same share of what is left."""
    distillation: Annotated[Number, Field(ge=0, le=1)] = 0.0
    """Share of the loss that is the divergence from the dense network's softened scores, behind the pruning."""
    purify_tolerance: Annotated[Number, Field(ge=0, le=1)] = 0.0
    """Relative rise of the training loss for which groups that hardly matter are dropped behind the retraining; 0: none."""
    bit_error_ratio: Annotated[Number, Field(ge=0, le=0.5)] = 0.0
    """Share of stored weight bits that are wrong while the last step fine-tunes, others at every step, so that the network
    learns to bear faults; 0: none."""
    last_step: LastStep | None = None
    """Epochs and rate of the last step alone, so that one point can have more training than those it starts from. To fewer
    than 4 bits it then starts at the network with 4 bits of both, to fewer than 3 at that with 3 where `bit_steps` has 3.
    None: like the other steps."""
    bit_steps: Annotated[tuple[Bits, ...], Field(min_length=1, max_length=8)] = (8, 4, 2, 1)
    """The bits along which activations and weights step down, each step a checkpoint; a run's own bits end them."""
    compact: bool = False
    """Train the pruned network with its dead filters and channels cut out: the same function, less work."""
    pretrained: bool = False
    """Start the dense network at torchvision's ImageNet weights, fine-tuned in its epochs, or as they are in 0 epochs."""
    augmented_norms: bool = False
    """Re-estimate batch-norm on augmented training images rather than on plain ones."""
    precision: Precision = "float32"
    bounded_steps: bool = False
    """Keep learned weight steps in reach of their weights, so that none is lost below zero: on in every network's default."""
    batch_size: Annotated[Whole, Field(ge=1, le=4096)] = 128
    dense_rate: Rate = 0.05
    prune_rate: Rate = 0.01
    retrain_rate: Rate = 0.03
    quantize_rate: Rate = 0.005
    finetune_rate: Rate = 0.02

    def steps_above(self, bits: int) -> tuple[int, ...]:
        """The bits that a chain goes through before it comes to `bits`, of falling `bit_steps`."""
        return tuple(step for step in self.bit_steps if step > bits)


PLAIN = Recipe()
"""What the keys of checkpoints leave out."""
_USUAL = Recipe(bounded_steps=True)
_LARGE = _USUAL.model_copy(update={"precision": "bfloat16", "compact": True, "distillation": 0.5})
_CIFAR = _LARGE.model_copy(update={"dense_rate": 0.1, "retrain_rate": 0.05, "augmented_norms": True})
_IMAGENET = _LARGE.model_copy(
    update={
        "pretrained": True, "dense_rate": 0.001, "prune_rate": 0.001, "retrain_rate": 0.01, "quantize_rate": 0.001,
        "finetune_rate": 0.005,
    }
)  # fmt: skip
_RECIPES: Mapping[str, Recipe] = {
    **dict.fromkeys(("resnet20-cifar10", "vgg8-cifar10", "vgg16-cifar10", "resnet18-cifar10"), _CIFAR),
    **dict.fromkeys(("alexnet-imagenet", "resnet18-imagenet"), _IMAGENET),
    **dict.fromkeys(("vgg16-imagenet", "resnet50-imagenet"), _IMAGENET.model_copy(update={"batch_size": 64})),
}
_DENSE_FIELDS = ("pretrained", "augmented_norms", "precision", "batch_size", "dense_rate")


def default_recipe(network: str) -> Recipe:
    """The recipe of a network where its run file names none."""
    return _RECIPES.get(network, _USUAL)


def dense_inputs(recipe: Recipe) -> dict[str, Any]:
    """What of a recipe a dense network depends on, as far as it is not the plain one (so that keys stay)."""
    return {name: value for name, value in inputs(recipe).items() if name in _DENSE_FIELDS}


def inputs(recipe: Recipe, fewest_bits: int = 1) -> dict[str, Any]:
    """What of a recipe is not the plain one, for a run that goes down to so few bits: what it has the same steps as stays shared."""
    changed = {name: value for name, value in recipe.model_dump().items() if value != getattr(PLAIN, name)}
    if recipe.last_step and recipe.last_step.admm:
        del changed["last_step"]["admm"]
    if recipe.steps_above(fewest_bits) == PLAIN.steps_above(fewest_bits):
        changed.pop("bit_steps", None)
    return changed
