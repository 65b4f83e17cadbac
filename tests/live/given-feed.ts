import { afterAll } from '@jest/globals';
import type { Types } from 'mongoose';
import { createFeed, type Feed } from '../../src/live/feed.js';
import type { FeedObserver, LiveField } from '../../src/live/observer.js';
import type { CourseRecord } from '../../src/storage/models/course.js';
import type { RewardRecord } from '../../src/storage/models/reward.js';
import { givenAssignment, givenCourse, givenStudent, submit } from '../support/given.js';

/** What happened in a feed. */
export interface Noted {
  readonly open: Map<LiveField, number>;
  readonly opened: { field: LiveField; isResumed: boolean }[];
  readonly delivered: { field: LiveField; committedAt: Date | null }[];
  readonly reopened: boolean[];
}

/** A feed of its own, and what its observer is told. */
export function newFeed(): { feed: Feed; noted: Noted } {
  const noted: Noted = { open: new Map(), opened: [], delivered: [], reopened: [] };
  const count = (field: LiveField, by: number) => noted.open.set(field, (noted.open.get(field) ?? 0) + by);
  const observer: FeedObserver = {
    opened(field, isResumed) {
      count(field, 1);
      noted.opened.push({ field, isResumed });
    },
    closed: (field) => void count(field, -1),
    delivered: (field, committedAt) => void noted.delivered.push({ field, committedAt }),
    streamReopened: (historyLost) => void noted.reopened.push(historyLost),
  };
  return { feed: createFeed({ clock: () => new Date(), observer }), noted };
}

/** A feed that runs for the whole test file. */
export function useFeed(): { readonly feed: Feed; readonly noted: Noted } {
  const used = newFeed();
  afterAll(() => used.feed.stop());
  return used;
}

export interface Earner {
  readonly student: Types.ObjectId;
  readonly course: CourseRecord;
  /** Pays the student so many rewards, one after another, now. */
  earn(rewards?: number): Promise<void>;
}

export async function givenEarner(course?: CourseRecord): Promise<Earner> {
  const own = course ?? (await givenCourse());
  const student = await givenStudent({ courseIds: [own._id] });
  const earn = async (rewards = 1) => {
    for (let reward = 0; reward < rewards; reward++) {
      const assignment = await givenAssignment(own);
      const { kind } = await submit(student, assignment, { at: new Date() });
      if (kind === 'refused') throw new Error('it was not paid');
    }
  };
  return { student, course: own, earn };
}

export const sequences = (rewards: readonly Pick<RewardRecord, 'sequence'>[]): number[] =>
  rewards.map(({ sequence }) => sequence);

export const upTo = (last: number, from = 1): number[] => Array.from({ length: last - from + 1 }, (_, n) => from + n);
