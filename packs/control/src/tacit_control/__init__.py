"""Control tasks for tacit: any Gymnasium environment as a producer of clips, and PPO to improve it."""
