"""Runs in cleanlab's own environment: its suspects among labels, given out-of-fold probabilities.

``python cleanlab_label_errors.py GIVEN.npz SUSPECTS.npy`` with arrays ``p`` (item, class) and ``label`` in GIVEN.npz;
writes the rows of the suspects, the surest first, and prints one JSON object.
"""

import json
import sys
import time

import numpy as np
from cleanlab.filter import find_label_issues


def main() -> None:
    source, target = sys.argv[1:3]
    with np.load(source) as given:
        p, label = given["p"], given["label"]
    began_s = time.process_time()
    suspects = find_label_issues(label, p, return_indices_ranked_by="normalized_margin", n_jobs=1)
    cpu_s = time.process_time() - began_s
    np.save(target, np.asarray(suspects))
    print(json.dumps({"cpu_s": cpu_s, "suspects": len(suspects)}))


if __name__ == "__main__":
    main()
