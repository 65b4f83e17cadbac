import { useEffect, useMemo, useRef, useState } from 'react';
import {
  type ClassRewardFragment,
  CourseRewardGrantedDocument,
  LatestRewardsOfClassDocument,
} from '../api/generated/teacher';
import { useAllPages } from '../api/use-all-pages';
import { useLive, useLiveStatus } from '../live/use-live';

export type ClassReward = ClassRewardFragment;

/** Without a live connection, the feed asks again after so long. Milliseconds. */
const ASKS_EVERY_MS = 15_000;

/** More rows than this are of no use in a feed, and slow. */
const MOST_ROWS = 200;

/** The subscription opens a moment after the connection. What was paid until then comes with an answer. Milliseconds. */
const OPENS_WITHIN_MS = 1_000;

/** The latest rewards of each student of a course, and then every reward as it is paid. */
export function useClassFeed(courseId: string) {
  const answer = useAllPages(LatestRewardsOfClassDocument, { id: courseId }, ({ course }) => course?.students);
  const [arrived, setArrived] = useState<readonly ClassReward[]>([]);
  const cursor = useRef<string | null>(null);
  const isLive = useLiveStatus().kind === 'live';

  useLive(CourseRewardGrantedDocument, {
    variables: () => ({ courseId, after: cursor.current }),
    next({ courseRewardGranted: { courseCursor, ...reward } }) {
      cursor.current = courseCursor ?? cursor.current;
      setArrived((before) => [reward, ...before].slice(0, MOST_ROWS));
    },
  });

  const retry = useRef(answer.retry);
  retry.current = answer.retry;
  useEffect(() => {
    const ask = () => retry.current();
    const askIfSeen = () => document.visibilityState === 'visible' && ask();
    // Once for each connection, also while nobody looks: nothing else brings what was paid before it.
    const timer = isLive ? setTimeout(ask, OPENS_WITHIN_MS) : setInterval(askIfSeen, ASKS_EVERY_MS);
    return () => clearTimeout(timer);
  }, [isLive]);

  const loaded = answer.data?.nodes;
  const rewards = useMemo(() => {
    const all = (loaded ?? []).flatMap(({ rewards: { edges } }) => edges.map(({ node }) => node));
    return newestFirst([...all, ...arrived]).slice(0, MOST_ROWS);
  }, [loaded, arrived]);
  return { answer, rewards, isLive };
}

/** Each reward once. Rewards of the same moment are in the order of their ids. */
function newestFirst(rewards: readonly ClassReward[]): ClassReward[] {
  const each = [...new Map(rewards.map((reward) => [reward.id, reward])).values()];
  return each.sort((one, other) => (keyOf(one) < keyOf(other) ? 1 : -1));
}

const keyOf = ({ grantedAt, id }: ClassReward): string => `${grantedAt} ${id}`;
