export interface LevelState {
  readonly level: number;
  readonly xp: number;
  readonly xpForNextLevel: number;
}

/** The level that so many points would bring, and the xp that it would discard; null if they do not raise it. */
export function nextLevelWith({ level, xp, xpForNextLevel }: LevelState, points: number) {
  const surplus = xp + points - xpForNextLevel;
  return surplus < 0 ? null : { level: level + 1, discarded: surplus };
}
