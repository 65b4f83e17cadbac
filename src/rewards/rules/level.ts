import { currentRules, type RewardRules } from '../reward-rules.js';
import type { Progress } from '../student-state.js';

/** Where a grant of xp leads. */
export interface LevelRise {
  readonly level: number;
  /** Xp on that level, below what the next one asks for. */
  readonly xp: number;
  /** Xp that the rise did not keep. */
  readonly surplusDiscarded: number;
}

/** How much xp the level after this one asks for; xp is counted from 0 on each level. */
export function xpForNextLevel(level: number, rules: RewardRules = currentRules): number {
  return rules.xpOfFirstLevel * (level + 1) ** rules.levelExponent;
}

/**
 * Adds xp and raises the level where that reaches its threshold: by one and from 0 again under 'discard', as often as
 * the xp allows under 'carry'.
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
