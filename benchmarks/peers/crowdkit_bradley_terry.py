"""Runs in crowd-kit's own environment: its Bradley–Terry on winners and losers in an .npz file, scores in a .npy file.

``python crowdkit_bradley_terry.py COMPARISONS.npz SCORES.npy``; prints one JSON object.
"""

import json
import resource
import sys
import time

import numpy as np
import pandas as pd
from crowdkit.aggregation import BradleyTerry


def main() -> None:
    source, target = sys.argv[1:3]
    given = np.load(source)
    frame = pd.DataFrame(
        {"worker": 0, "left": given["winner"], "right": given["loser"], "label": given["winner"]},
    )
    model = BradleyTerry(n_iter=10_000, tol=1e-12)
    began_s = time.process_time()
    strength = model.fit_predict(frame)
    cpu_s = time.process_time() - began_s
    scores = np.log(np.maximum(strength.reindex(np.arange(int(given["n_items"]))).to_numpy(), 1e-300))
    np.save(target, scores - scores.mean())
    print(json.dumps({"cpu_s": cpu_s, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


if __name__ == "__main__":
    main()
