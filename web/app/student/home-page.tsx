import { HomeDocument } from '../api/generated/student';
import { useAnswer } from '../api/use-answer';
import { Card, Columns, Page } from '../ui/page';
import { Ring } from '../ui/ring';
import { Answered } from '../ui/states';
import { words } from '../words/en';
import { number } from '../words/format';

export function HomePage() {
  const answer = useAnswer(HomeDocument, {});
  return (
    <Page title={words.home.title}>
      <Answered answer={answer}>
        {({ me }) =>
          me.__typename === 'Student' && (
            <Columns>
              <Card title={words.home.level(me.level)}>
                <Ring
                  fraction={me.xp / me.xpForNextLevel}
                  label={words.home.xp(number(me.xp), number(me.xpForNextLevel))}
                >
                  <span className="number">{words.home.xp(number(me.xp), number(me.xpForNextLevel))}</span>
                </Ring>
              </Card>
              <Card title={words.home.streak}>
                <p>{words.home.streakDays(me.streak.days)}</p>
                <p className="muted">{words.home.freezes(me.streak.freezes)}</p>
                <p>{words.home.auraPoints(number(me.auraPoints))}</p>
              </Card>
            </Columns>
          )
        }
      </Answered>
    </Page>
  );
}
