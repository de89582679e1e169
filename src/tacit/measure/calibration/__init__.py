"""Whether stated probabilities come true, and how to mend them where they do not."""

from tacit.measure.calibration.checking import top_label as top_label
