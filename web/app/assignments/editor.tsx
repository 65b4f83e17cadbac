import { type ReactNode, useState } from 'react';
import type { HandedInFragment } from '../api/generated/assignments';
import type { LevelState } from '../api/next-level';
import { type Draft, useDraft } from '../kept/use-draft';
import { GrantState } from '../outbox/outbox-list';
import { useAccount } from '../session/use-session';
import { Button } from '../ui/button';
import { TextAreaField } from '../ui/field';
import { Form, type FormInput } from '../ui/form';
import { Card } from '../ui/page';
import { words } from '../words/en';
import { dateTime, number } from '../words/format';
import type { Assignment } from './assignment-page';
import { PayNow } from './pay-now';
import { subjectOf, type useHandIn } from './use-hand-in';

export interface EditorProps {
  readonly assignment: Assignment;
  readonly handIn: ReturnType<typeof useHandIn>;
  readonly isClosed: boolean;
  readonly student: LevelState & { readonly timeZone: string };
}

/** Characters: the same as the server's. */
const LONGEST_TEXT = 20_000;
/** From here on the page says how long the text is. Characters. */
const COUNTED_FROM = 18_000;

/** Characters, as the server counts them: an emoji is one. */
const lengthOf = (text: string): number => [...text.trimEnd()].length;

/** The text: written and kept as a draft, handed in, and changed later. */
export function Editor({ assignment, handIn, isClosed, student }: EditorProps) {
  const { grant, handedIn } = handIn;
  const draft = useDraft(useAccount().id, subjectOf(assignment.id));
  /** The content that is being changed; null: none. Once another one is handed in, that change is over. */
  const [changing, setChanging] = useState<string | null>(null);
  const hasNewText = draft.text !== null && draft.text !== '' && draft.text !== handedIn?.content;
  const hasState = grant.isStorageBroken || (grant.entry !== null && grant.payload === null);
  const isOpen = !isClosed && (!handedIn || changing === handedIn.content || hasNewText);

  function write(text: string) {
    setChanging(handedIn?.content ?? null);
    draft.setText(text);
  }
  function keepOld() {
    setChanging(null);
    draft.setText('');
  }

  return (
    <>
      {handedIn && <HandedIn submission={handedIn} timeZone={student.timeZone} isChanged={handIn.isChanged} />}
      {handedIn && !isClosed && !isOpen && draft.text !== null && (
        <div>
          <Button onClick={() => write(handedIn.content)}>{words.assignment.change}</Button>
        </div>
      )}
      {isOpen && draft.text !== null && (
        <Card title={words.assignment.yourText}>
          {draft.isStorageBroken && <p role="alert">{words.assignment.draftNotKept}</p>}
          <TextForm
            text={draft.text}
            former={handedIn?.content ?? null}
            isAskedFor={changing !== null}
            handIn={handIn}
            pays={<PayNow points={assignment.pointsNow} student={student} />}
            onText={write}
            onSent={() => setChanging(null)}
            onCancel={keepOld}
          />
        </Card>
      )}
      {isClosed && hasNewText && <NotHandedIn draft={draft} isHeld={grant.isHeld} />}
      {hasState && <State handIn={handIn} text={draft.text ?? ''} />}
    </>
  );
}

interface TextFormProps {
  readonly text: string;
  /** The text that was handed in; null: none yet. */
  readonly former: string | null;
  /** Whether the person has just pressed the button that shows it. */
  readonly isAskedFor: boolean;
  readonly handIn: ReturnType<typeof useHandIn>;
  /** What handing in pays. */
  readonly pays: ReactNode;
  readonly onText: (text: string) => void;
  readonly onSent: () => void;
  readonly onCancel: () => void;
}

function TextForm({ text, former, isAskedFor, handIn, pays, onText, onSent, onCancel }: TextFormProps) {
  const { grant, submissionId, submit, revise } = handIn;
  const isChange = former !== null;
  const hint = isChange ? words.assignment.changeHint : words.assignment.textHint;
  const length = lengthOf(text);

  async function send(input: FormInput) {
    const content = input.text('content');
    if (content.trim() === '') return { fields: { content: words.assignment.textMissing } };
    if (length > LONGEST_TEXT)
      return { fields: { content: words.assignment.textLong(number(length), number(LONGEST_TEXT)) } };
    if (content === former) return { fields: { content: words.assignment.textSame } };
    await (submissionId === null ? submit(content) : revise(submissionId, content));
    onSent();
    return null;
  }

  return (
    <Form
      submit={isChange ? words.assignment.saveChange : words.assignment.handIn}
      isHeld={grant.isHeld}
      onSubmit={send}
      actions={isChange && <Button onClick={onCancel}>{words.assignment.cancel}</Button>}
    >
      {(problems) => (
        <>
          <TextAreaField
            label={words.assignment.textLabel}
            hint={
              length < COUNTED_FROM
                ? hint
                : `${hint} ${words.assignment.textLength(number(length), number(LONGEST_TEXT))}`
            }
            name="content"
            autoFocus={isAskedFor}
            value={text}
            onChange={({ target }) => onText(target.value)}
            error={problems.content}
          />
          {!isChange && pays}
        </>
      )}
    </Form>
  );
}

/** What was written before the assignment closed: the person can copy it. While its request waits, it may count. */
function NotHandedIn({ draft, isHeld }: { draft: Draft; isHeld: boolean }) {
  return (
    <Card title={words.assignment.yourText}>
      <p role="alert">
        {draft.isStorageBroken ? words.assignment.draftNotKept : !isHeld && words.assignment.notHandedIn}
      </p>
      <p className="long-text">{draft.text}</p>
    </Card>
  );
}

/** That the request waits, or why it was refused or not stored. A text that came after another one can replace it. */
function State({ handIn: { grant, submissionId, revise }, text }: { handIn: EditorProps['handIn']; text: string }) {
  const isSendable = text.trim() !== '' && lengthOf(text) <= LONGEST_TEXT;
  const canReplace = grant.refusal?.code === 'ALREADY_SUBMITTED' && submissionId !== null && isSendable;
  return (
    <Card>
      <GrantState grant={grant}>
        {canReplace && <Button onClick={() => revise(submissionId, text)}>{words.assignment.replace}</Button>}
      </GrantState>
    </Card>
  );
}

function HandedIn({
  submission: { content, submittedAt, revisedAt, late },
  timeZone,
  isChanged,
}: {
  submission: HandedInFragment;
  timeZone: string;
  isChanged: boolean;
}) {
  return (
    <Card title={words.assignment.handedIn} takesFocus>
      <p className="muted">
        {words.assignment.handedInAt(dateTime(submittedAt, timeZone))} {late && words.assignment.wasLate}{' '}
        {revisedAt !== null && words.assignment.revisedAt(dateTime(revisedAt, timeZone))}
      </p>
      <p role="status">{isChanged && words.assignment.changed}</p>
      <p className="long-text">{content}</p>
    </Card>
  );
}
