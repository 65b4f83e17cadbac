import { currentRules, type RewardRules } from '../reward-rules.js';
import type { Progress } from '../student-state.js';

/** The level and xp after xp was added. */
export interface LevelRise {
  readonly level: number;
  /** Xp gathered on that level; below the threshold of the next one. */
  readonly xp: number;
  /** Xp that was lost on reaching the level. */
  readonly surplusDiscarded: number;
}

/** Returns the xp needed to reach the level after this one. Xp counts from 0 on each level. */
export function xpForNextLevel(level: number, rules: RewardRules = currentRules): number {
  return rules.xpOfFirstLevel * (level + 1) ** rules.levelExponent;
}

/**
 * Adds xp, and raises the level if the xp reaches the threshold. Under 'discard' the level rises by one and xp restarts
 * at 0. Under 'carry' the surplus counts towards the next level, so the level may rise several times.
 */
export function raiseLevel(
  { level, xp }: Pick<Progress, 'level' | 'xp'>,
  grantedXp: number,
  rules: RewardRules = currentRules,
): LevelRise {
  const gathered = xp + grantedXp;
  if (gathered >= xpForNextLevel(level, rules)) {
    return rules.surplusXp === 'carry' ? riseAndCarry(level, gathered, rules) : riseAndDiscard(level, gathered, rules);
  }
  return { level, xp: gathered, surplusDiscarded: 0 };
}

function riseAndDiscard(level: number, xp: number, rules: RewardRules): LevelRise {
  return { level: level + 1, xp: 0, surplusDiscarded: xp - xpForNextLevel(level, rules) };
}

function riseAndCarry(fromLevel: number, gatheredXp: number, rules: RewardRules): LevelRise {
  let level = fromLevel;
  let xp = gatheredXp;
  while (xp >= xpForNextLevel(level, rules)) {
    xp -= xpForNextLevel(level, rules);
    level += 1;
  }
  return { level, xp, surplusDiscarded: 0 };
}
