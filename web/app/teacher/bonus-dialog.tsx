import { useState } from 'react';
import { Dialog } from '../ui/dialog';
import { TextField } from '../ui/field';
import { Form, type FormInput, type FormProblems } from '../ui/form';
import { words } from '../words/en';
import { listOf, number } from '../words/format';
import { bonus } from './correction';
import { NoteField, noteOf } from './note-dialog';
import { newActId, useActs } from './use-acts';

/** As the server's rules have it. */
const MOST_POINTS = 1_000;
/** More would push the form out of sight. */
const MOST_NAMES = 8;

export interface BonusStudent {
  readonly id: string;
  readonly displayName: string;
  readonly xp: number;
  readonly xpForNextLevel: number;
}

export interface BonusDialogProps {
  readonly courseId: string;
  /** At least one. */
  readonly students: readonly BonusStudent[];
  /** Called when the requests are stored. */
  readonly onGiven?: () => void;
  readonly onClose: () => void;
}

/** Gives one student a bonus, or several students the same. */
export function BonusDialog({ courseId, students, onGiven, onClose }: BonusDialogProps) {
  const acts = useActs();
  // One dialog is one act, however often its button is pressed.
  const [actId] = useState(newActId);
  const name = students[0]?.displayName ?? '';
  /** A bonus of more brings somebody to a new level, and what is above that is lost. */
  const room = Math.min(...students.map(({ xp, xpForNextLevel }) => xpForNextLevel - xp));

  async function send(input: FormInput): Promise<FormProblems | null> {
    const points = Number(input.text('points'));
    const { note, problem } = noteOf(input);
    const isRight = Number.isInteger(points) && points >= 1 && points <= MOST_POINTS;
    const fields = {
      ...(!isRight && { points: words.correction.pointsWrong }),
      ...(problem !== null && { note: problem }),
    };
    if (Object.keys(fields).length > 0) return { fields };
    const problems = await acts.store(
      {
        id: actId,
        label: words.correction.bonusFor(number(points), students.length, name),
        done: words.correction.bonusGiven(number(points), students.length, name),
        students: students.length,
        undo: { kind: 'revoke' },
      },
      bonus(
        actId,
        students.map(({ id }) => id),
        { courseId, points, note },
      ),
    );
    if (problems) return problems;
    onGiven?.();
    onClose();
    return null;
  }

  return (
    <Dialog title={words.correction.bonusTitle(students.length, name)} onClose={onClose}>
      {students.length > 1 && (
        <p>
          {words.correction.bonusNames(
            listOf(
              students.map(({ displayName }) => displayName),
              MOST_NAMES,
            ),
          )}
        </p>
      )}
      <p>{words.correction.bonusEach(students.length)}</p>
      {room < MOST_POINTS && <p>{words.correction.bonusLoses(number(room), students.length)}</p>}
      <Form submit={words.correction.bonusSubmit} onSubmit={send}>
        {(problems) => (
          <>
            <TextField
              label={words.correction.points}
              hint={words.correction.pointsHint}
              name="points"
              inputMode="numeric"
              autoComplete="off"
              error={problems.points}
            />
            <NoteField error={problems.note} />
          </>
        )}
      </Form>
    </Dialog>
  );
}
