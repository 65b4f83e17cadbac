import { useEffect, useMemo, useRef } from 'react';
import { type ClassRewardFragment, LatestRewardsOfClassDocument } from '../api/generated/teacher';
import { useAllPages } from '../api/use-all-pages';

export type ClassReward = ClassRewardFragment;

/** Without a live connection, the feed asks again after so long. Milliseconds. */
const ASKS_EVERY_MS = 15_000;

/** More rows than this are of no use in a feed, and slow. */
const MOST_ROWS = 200;

/** The latest rewards of each student of a course. */
export function useClassFeed(courseId: string) {
  const answer = useAllPages(LatestRewardsOfClassDocument, { id: courseId }, ({ course }) => course?.students);
  const isLive = false;

  const retry = useRef(answer.retry);
  retry.current = answer.retry;
  useEffect(() => {
    if (isLive) return;
    const timer = setInterval(() => document.visibilityState === 'visible' && retry.current(), ASKS_EVERY_MS);
    return () => clearInterval(timer);
  }, [isLive]);

  const loaded = answer.data?.nodes;
  const rewards = useMemo(() => {
    const all = (loaded ?? []).flatMap(({ rewards: { edges } }) => edges.map(({ node }) => node));
    return newestFirst(all).slice(0, MOST_ROWS);
  }, [loaded]);
  return { answer, rewards, isLive };
}

/** Each reward once. Rewards of the same moment are in the order of their ids. */
function newestFirst(rewards: readonly ClassReward[]): ClassReward[] {
  const each = [...new Map(rewards.map((reward) => [reward.id, reward])).values()];
  return each.sort((one, other) => (keyOf(one) < keyOf(other) ? 1 : -1));
}

const keyOf = ({ grantedAt, id }: ClassReward): string => `${grantedAt} ${id}`;
