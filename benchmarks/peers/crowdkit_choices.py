"""Runs in crowd-kit's own environment: one of its methods on votes in an .npz file, the labels back in another.

``python crowdkit_choices.py METHOD VOTES.npz LABELS.npy [SETTINGS as JSON]``; prints one JSON object.
"""

import json
import os
import resource
import sys
import time

import numpy as np
import pandas as pd
from crowdkit.aggregation import GLAD, MACE, DawidSkene, MajorityVote

METHODS = {"DawidSkene": DawidSkene, "MACE": MACE, "GLAD": GLAD, "MajorityVote": MajorityVote}


def main() -> None:
    if limit_s := int(os.environ.get("CPU_LIMIT_S", "0")):
        resource.setrlimit(resource.RLIMIT_CPU, (limit_s, limit_s))  # the process ends there
    method, source, target = sys.argv[1:4]
    settings = json.loads(sys.argv[4]) if len(sys.argv) > 4 else {}
    votes = np.load(source)
    frame = pd.DataFrame({"task": votes["item"], "worker": votes["labeler"], "label": votes["label"]})
    model = METHODS[method](**settings)
    began_s = time.process_time()
    labels = model.fit_predict(frame)
    cpu_s = time.process_time() - began_s
    np.save(target, labels.reindex(np.arange(int(votes["item"].max()) + 1)).to_numpy())
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"cpu_s": cpu_s, "iterations": len(getattr(model, "loss_history_", [])), "peak_mb": peak_mb}))


if __name__ == "__main__":
    main()
