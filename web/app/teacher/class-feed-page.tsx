import { Link, useParams } from 'wouter';
import { useNow } from '../api/use-now';
import { Button } from '../ui/button';
import { Card } from '../ui/page';
import { Empty } from '../ui/states';
import { words } from '../words/en';
import { dateTime, relativeTime, signed, timeOrDate } from '../words/format';
import { CourseFrame } from './course-frame';
import { JoinCode } from './join-code';
import { paths } from './paths';
import { reasonOf } from './reason';
import { RewardLines } from './reward-lines';
import { type ClassReward, useClassFeed } from './use-class-feed';

/** The rewards of a class as they are paid. */
export default function ClassFeedPage() {
  const { courseId } = useParams<{ courseId: string }>();
  return <ClassFeed key={courseId} courseId={courseId} />;
}

function ClassFeed({ courseId }: { courseId: string }) {
  const { answer, rewards, isLive } = useClassFeed(courseId);
  return (
    <CourseFrame
      courseId={courseId}
      answer={answer}
      subjectOf={({ data }) => data.course}
      title={(course) => words.classFeed.title(course?.name ?? null)}
    >
      {({ name, joinCode }, { nodes }) => (
        <Card title={words.classFeed.latest}>
          <div className="toolbar" role="status">
            {isLive ? (
              <p>
                <span className="tag tag-onTime">{words.classFeed.live}</span> {words.classFeed.liveText}
              </p>
            ) : (
              <p>
                <span className="tag tag-due">{words.classFeed.notLive}</span>{' '}
                {answer.asOf !== null && words.states.asOf(timeOrDate(answer.asOf))}
              </p>
            )}
            {!isLive && (
              <Button look="link" onClick={answer.retry}>
                {words.classFeed.refresh}
              </Button>
            )}
          </div>
          {nodes.length === 0 ? (
            <Empty>
              <p>{words.roster.none}</p>
              {joinCode !== null && <JoinCode joinCode={joinCode} courseName={name} />}
            </Empty>
          ) : (
            <Feed courseId={courseId} rewards={rewards} />
          )}
        </Card>
      )}
    </CourseFrame>
  );
}

function Feed({ courseId, rewards }: { courseId: string; rewards: readonly ClassReward[] }) {
  const now = useNow();
  if (rewards.length === 0)
    return (
      <Empty>
        <p>{words.classFeed.none}</p>
      </Empty>
    );
  return (
    // New rewards are announced, and not that they grow old.
    <div role="log" aria-relevant="additions" aria-label={words.classFeed.latest}>
      <ol className="feed">
        {rewards.map((reward) => (
          <li key={reward.id}>
            <p>
              <Link href={paths.student(courseId, reward.student.id)}>{reward.student.displayName}</Link>{' '}
              <strong className="number">{words.course.aura(signed(reward.auraPoints))}</strong>{' '}
              <span>{whatFor(courseId, reward)}</span>
            </p>
            <p className="small muted">
              {words.course.when(dateTime(reward.grantedAt), relativeTime(reward.grantedAt, now))}
            </p>
            {(reward.leveledUp || reward.newBadges.length > 0) && (
              <RewardLines reward={{ ...reward, lines: [], surplusDiscarded: 0 }} />
            )}
          </li>
        ))}
      </ol>
    </div>
  );
}

function whatFor(courseId: string, { reason, submission }: ClassReward) {
  if (!submission) return reasonOf(reason);
  const { id, assignment } = submission;
  return (
    <>
      {words.classFeed.whatFor(reasonOf(reason))}{' '}
      <Link href={paths.submission(courseId, assignment.id, id)}>{assignment.title}</Link>
    </>
  );
}
