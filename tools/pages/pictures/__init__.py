"""Pictures of the guide, by name."""

from . import pretraining, serving, training
from .base import Drawing

PICTURES: dict[str, Drawing] = {
    "final-losses": pretraining.final_losses,
    "isoflop": pretraining.isoflop,
    "frontier": pretraining.frontier,
    "overtraining": pretraining.overtraining,
    "repetition": pretraining.repetition,
    "learning-curve": training.learning_curve,
    "schedules": training.schedules,
    "learning-rate": training.learning_rate,
    "mixture": training.mixture,
    "precision": training.precision,
    "experts": training.experts,
    "streams": training.streams,
    "fine-tuning": serving.fine_tuning,
    "downstream": serving.downstream,
    "coverage": serving.coverage,
}
