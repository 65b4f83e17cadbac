/** Every component of web/app/ui in its states, for tests/web/components.test.ts. */
import '../../../web/app/ui/tokens.css';
import '../../../web/app/ui/base.css';
import { useState } from 'react';
import { createRoot } from 'react-dom/client';
import { Button, ButtonLink } from '../../../web/app/ui/button';
import { BarChart, Heatmap, Sparkline } from '../../../web/app/ui/chart';
import { Dialog } from '../../../web/app/ui/dialog';
import { ErrorBoundary } from '../../../web/app/ui/error-boundary';
import { CheckboxField, SelectField, TextAreaField, TextField } from '../../../web/app/ui/field';
import { Form, type FormInput } from '../../../web/app/ui/form';
import { NoticeRegion, notify } from '../../../web/app/ui/notices';
import { Card, Columns, Page } from '../../../web/app/ui/page';
import { Ring } from '../../../web/app/ui/ring';
import { Answered, Empty, NoMatch } from '../../../web/app/ui/states';
import { Table } from '../../../web/app/ui/table';
import { Tabs } from '../../../web/app/ui/tabs';

const DAYS = Array.from({ length: 30 }, (_, index) => {
  const value = (index * 7) % 60;
  return { date: `2025-03-${String(index + 1).padStart(2, '0')}`, value, text: `${value} min` };
});

const DAY_MS = 86_400_000;
const failure = { code: 'UNAVAILABLE', message: 'The database did not answer.', requestId: 'a1b2' };
const answer = { data: null, asOf: null, failure: null, retry: () => notify('Asked again') };

function Gallery() {
  return (
    <main>
      <Page title="Components" actions={<Button look="primary">Primary</Button>}>
        <Tabs
          label="Views"
          tabs={[
            { href: '/', text: 'First' },
            { href: '/second', text: 'Second' },
          ]}
        />
        <Columns>
          <Card title="Charts">
            <Ring fraction={0.3} label="120 of 400 xp">
              30 %
            </Ring>
            <BarChart title="870 minutes of focus in 30 days" points={DAYS} />
            <Heatmap title="30 days of focus" points={DAYS} />
          </Card>
          <Card title="States">
            <Empty>Never had any.</Empty>
            <NoMatch text="The filter found none." onClear={() => notify('Filter cleared')} />
            <Answered answer={answer}>{() => null}</Answered>
            <Answered answer={{ ...answer, failure }}>{() => null}</Answered>
            <Answered answer={{ ...answer, data: 'Old data', asOf: DAY_MS, failure: { ...failure, code: 'OFFLINE' } }}>
              {(data) => <p>{data}</p>}
            </Answered>
            <Answered answer={{ ...answer, data: 'Data of today', asOf: Date.now(), failure }}>
              {(data) => <p>{data}</p>}
            </Answered>
            <Answered answer={{ ...answer, data: 'New data', asOf: 0 }}>{(data) => <p>{data}</p>}</Answered>
          </Card>
        </Columns>
        <Card title="Form">
          <Form submit="Send" onSubmit={send} actions={<Button look="link">Cancel</Button>}>
            {(problems) => (
              <>
                <TextField label="Title" hint="At most 200 characters" name="title" error={problems.title} />
                <TextAreaField label="Text" name="text" error={problems.text} />
                <SelectField
                  label="Kind"
                  name="kind"
                  options={[
                    ['a', 'A'],
                    ['b', 'B'],
                  ]}
                />
                <CheckboxField label="Agreed" name="agreed" />
              </>
            )}
          </Form>
          <HoldAnswers />
        </Card>
        <Card title="Table">
          <SortedTable />
          <p>
            <Button disabled>Disabled</Button> <Button look="danger">Delete</Button>{' '}
            <ButtonLink href="/second">A link</ButtonLink> <DialogButton />
          </p>
        </Card>
        <ErrorBoundary address="/">
          <BrokenOnClick />
        </ErrorBoundary>
      </Page>
      <NoticeRegion />
    </main>
  );
}

/** While this is checked, no form gets its answer. */
function HoldAnswers() {
  const label = 'Hold the answers';
  return <CheckboxField label={label} onChange={({ target }) => (target.checked ? hold() : release())} />;
}
let held = Promise.resolve();
let release = () => {};
function hold(): void {
  held = new Promise((resolve) => {
    release = resolve;
  });
}

let sent = 0;
async function send(input: FormInput) {
  sent += 1;
  await held;
  notify(`Sent ${sent} times: ${input.text('title')}, ${input.text('kind')}, ${input.isChecked('agreed')}`);
  return input.text('title') === '' ? { fields: { title: 'Enter a title' }, requestId: 'c3d4' } : null;
}

function SortedTable() {
  const [sorted, setSorted] = useState<'ascending' | 'descending'>('ascending');
  const rows = [
    { name: 'Ada', points: 1_200 },
    { name: 'Grace', points: 900 },
  ];
  return (
    <Table
      caption="Roster"
      rows={sorted === 'ascending' ? rows : rows.toReversed()}
      rowKey={({ name }) => name}
      columns={[
        {
          header: 'Name',
          cell: ({ name }) => name,
          sorted,
          onSort: () => setSorted(sorted === 'ascending' ? 'descending' : 'ascending'),
        },
        { header: 'Points', isNumber: true, cell: ({ points }) => points },
        { header: 'Week', cell: ({ name }) => <Sparkline label={`${name}: 3, 0, 5`} values={[3, 0, 5]} /> },
      ]}
    />
  );
}

function DialogButton() {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <Button onClick={() => setIsOpen(true)}>Open</Button>
      {isOpen && (
        <Dialog title="A dialog" onClose={() => setIsOpen(false)} actions={<Button look="danger">Leave</Button>}>
          <p>Its text.</p>
        </Dialog>
      )}
    </>
  );
}

function BrokenOnClick() {
  const [isBroken, setIsBroken] = useState(false);
  if (isBroken) throw new Error('broken on purpose');
  return <Button onClick={() => setIsBroken(true)}>Break</Button>;
}

createRoot(document.getElementById('root')!).render(<Gallery />);
