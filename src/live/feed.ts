import type { Types } from 'mongoose';
import type { CommittedChange } from '../storage/committed-changes.js';
import type { PomodoroSessionRecord } from '../storage/models/pomodoro-session.js';
import type { RewardRecord } from '../storage/models/reward.js';
import type { RunningPomodoroRecord } from '../storage/models/student.js';
import { createReads } from './feed-reads.js';
import { followChanges } from './follow-changes.js';
import { Listeners } from './listeners.js';
import { type FeedObserver, type LiveField, observed } from './observer.js';
import { type PomodoroNews, pomodorosOfStudent } from './pomodoros-of-student.js';
import { type CourseCursor, type CourseReward, rewardsOfCourse } from './rewards-of-course.js';
import { type RewardNews, rewardsOfStudent } from './rewards-of-student.js';
import { Rosters } from './rosters.js';
import { type Subscription, subscriptionOf } from './subscription.js';

/** Delivers what a majority has committed to any number of subscriptions. */
export interface Feed {
  /** Ends all subscriptions. Close their connections first: a client takes the end of a subscription as final. */
  stop(): Promise<void>;
  /** @param afterSequence the last row that the subscriber has; null: only what is committed from now on */
  rewardsOf(studentId: Types.ObjectId, afterSequence: number | null): Subscription<RewardRecord>;
  /** @param after what the subscriber has; null: only what is committed from now on */
  rewardsOfCourse(courseId: Types.ObjectId, after: CourseCursor | null): Subscription<CourseReward>;
  /** Subscriptions that begin at the same time ask the database together. */
  studentExists(studentId: Types.ObjectId): Promise<boolean>;
  pomodorosOf(studentId: Types.ObjectId): Subscription<RunningPomodoroRecord | PomodoroSessionRecord>;
}

export interface FeedOptions {
  readonly clock: () => Date;
  readonly observer?: FeedObserver;
  /** Called before the change stream is opened again. */
  readonly onReopening?: (error: unknown, historyLost: boolean) => void;
  /** Called when a read of the subscriptions has failed and is repeated, at most once in ten seconds. */
  readonly onReadFailed?: (error: unknown) => void;
}

const NOBODY: FeedObserver = { opened() {}, closed() {}, delivered() {}, streamReopened() {} };

export function createFeed({
  clock,
  observer = NOBODY,
  onReopening = () => {},
  onReadFailed = () => {},
}: FeedOptions): Feed {
  const ofStudents = new Listeners<RewardNews>();
  const ofCourses = new Listeners<RewardNews>();
  const ofSessions = new Listeners<PomodoroNews>();
  const rosters = new Rosters();
  const changes = followChanges({
    onChange: passOn,
    onHistoryLost() {
      for (const listeners of [ofStudents, ofCourses, ofSessions]) listeners.tellAll({ kind: 'missed' });
    },
    onReopening(error, historyLost) {
      observer.streamReopened(historyLost);
      onReopening(error, historyLost);
    },
  });
  const reads = createReads(changes, rosters, clock, onReadFailed);

  function passOn(change: CommittedChange): void {
    switch (change.kind) {
      case 'rewarded': {
        ofStudents.tell(change.reward.studentId.toHexString(), change);
        for (const course of rosters.coursesOf(change.reward.studentId)) ofCourses.tell(course, change);
        break;
      }
      case 'sessionRuns':
        ofSessions.tell(change.studentId.toHexString(), change);
        break;
      case 'sessionEnded':
        ofSessions.tell(change.session.studentId.toHexString(), change);
        break;
      case 'coursesChanged':
        rosters.joined(change.studentId, change.courseIds);
        break;
    }
  }

  /** @param isResumed whether the client named the event to resume after */
  function opened(field: LiveField, isResumed = false): () => void {
    observer.opened(field, isResumed);
    const leave = changes.listen();
    return () => {
      observer.closed(field);
      leave();
    };
  }

  /** Nothing is read before the start of the change stream is fixed. Otherwise a change between the two would be lost. */
  async function* followed<Event>(events: AsyncGenerator<Event>): AsyncGenerator<Event> {
    await changes.begun();
    yield* events;
  }

  return {
    async stop() {
      for (const listeners of [ofStudents, ofCourses, ofSessions]) listeners.endAll();
      await changes.stop();
    },
    studentExists: reads.studentExists,
    rewardsOf(studentId, afterSequence) {
      const inbox = ofStudents.add(studentId, opened('rewardGranted', afterSequence !== null));
      const events = followed(rewardsOfStudent(inbox, studentId, afterSequence, reads));
      return subscriptionOf(
        inbox,
        observed('rewardGranted', observer, events, ({ reward }) => reward),
      );
    },
    rewardsOfCourse(courseId, after) {
      const close = opened('courseRewardGranted', after !== null);
      rosters.listen(courseId);
      const inbox = ofCourses.add(courseId, () => {
        if (!ofCourses.has(courseId)) rosters.forget(courseId);
        close();
      });
      const events = followed(rewardsOfCourse(inbox, courseId, after, reads));
      return subscriptionOf(
        inbox,
        observed('courseRewardGranted', observer, events, (event) => event),
      );
    },
    pomodorosOf(studentId) {
      const inbox = ofSessions.add(studentId, opened('pomodoroChanged'));
      const events = followed(pomodorosOfStudent(inbox, studentId, reads, clock));
      return subscriptionOf(
        inbox,
        observed('pomodoroChanged', observer, events, ({ session }) => session),
      );
    },
  };
}
