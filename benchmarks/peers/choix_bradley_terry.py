"""Runs in choix's own environment: Bradley–Terry on winners and losers in an .npz file, the scores back in a .npy file.

``python choix_bradley_terry.py METHOD COMPARISONS.npz SCORES.npy [ALPHA]``; METHOD is newton, ilsr or mm. Prints one
JSON object with the CPU seconds of the fit alone, not those of making the list of pairs that choix takes.
"""

import json
import resource
import sys
import time

import choix
import numpy as np

METHODS = {
    "newton": lambda n, pairs, alpha: choix.opt_pairwise(n, pairs, alpha=alpha, method="Newton-CG"),
    "ilsr": lambda n, pairs, alpha: choix.ilsr_pairwise(n, pairs, alpha=alpha),
    "mm": lambda n, pairs, alpha: choix.mm_pairwise(n, pairs, alpha=alpha),
}


def main() -> None:
    method, source, target = sys.argv[1:4]
    alpha = float(sys.argv[4]) if len(sys.argv) > 4 else 0.0
    given = np.load(source)
    pairs = list(zip(given["winner"].tolist(), given["loser"].tolist(), strict=True))
    began_s = time.process_time()
    scores = METHODS[method](int(given["n_items"]), pairs, alpha)
    cpu_s = time.process_time() - began_s
    np.save(target, scores - scores.mean())
    print(json.dumps({"cpu_s": cpu_s, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


if __name__ == "__main__":
    main()
