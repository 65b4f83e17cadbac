import { Card, Page } from '../ui/page';
import { Empty } from '../ui/states';
import { words } from '../words/en';
import { OutboxList } from './outbox-list';
import { useEntries } from './use-outbox';

/** What has not reached the server yet, or was refused by it. */
export default function OutboxPage() {
  const open = (useEntries() ?? []).filter(({ outcome }) => outcome.kind !== 'accepted');
  return (
    <Page title={words.outbox.title}>
      {open.length === 0 ? (
        <Empty>
          <p>{words.outbox.nothing}</p>
        </Empty>
      ) : (
        <Card title={words.outbox.notDone}>
          <OutboxList />
        </Card>
      )}
    </Page>
  );
}
