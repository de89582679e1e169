"""Automated labelling: a classifier labels what it can at a promised precision, people the rest."""

from tacit.learn.automated.classifier import Classifier as Classifier
from tacit.learn.automated.classifier import fit_classifier as fit_classifier
from tacit.learn.automated.items import Pool as Pool
from tacit.learn.automated.items import pool_from_arrays as pool_from_arrays
from tacit.learn.automated.items import pool_from_texts as pool_from_texts
from tacit.learn.automated.items import read_pool as read_pool
from tacit.learn.automated.labelling import AutoLabels as AutoLabels
from tacit.learn.automated.labelling import CostPoint as CostPoint
from tacit.learn.automated.labelling import label_automatically as label_automatically
from tacit.learn.automated.rounds import Round as Round
from tacit.learn.automated.rounds import label_in_rounds as label_in_rounds
from tacit.learn.automated.routing import People as People
from tacit.learn.automated.routing import Route as Route
from tacit.learn.automated.routing import route_items as route_items
