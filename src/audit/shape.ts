import type { Schema, SchemaType } from 'mongoose';
import type { LedgerAction } from '../rewards/index.js';
import { AccountModel } from '../storage/models/account.js';
import { AssignmentModel } from '../storage/models/assignment.js';
import { CourseModel } from '../storage/models/course.js';
import { FormerTextModel } from '../storage/models/former-text.js';
import { ManualActModel } from '../storage/models/manual-act.js';
import { PomodoroSessionModel } from '../storage/models/pomodoro-session.js';
import { RewardModel } from '../storage/models/reward.js';
import { SignInModel } from '../storage/models/sign-in.js';
import { StudentModel } from '../storage/models/student.js';
import { SubmissionModel } from '../storage/models/submission.js';
import { type Findings, isDocument, isObjectId } from './drift.js';

/**
 * The declared type of a stored value. Documents are written without mongoose's validation, so each one is checked
 * here. mongoose's own validate() takes 0.5 ms for a document; this check takes some microseconds.
 */
type Shape =
  | { readonly kind: 'value'; readonly name: string; readonly holds: (value: unknown) => boolean }
  | { readonly kind: 'array'; readonly of: Shape }
  | { readonly kind: 'document'; readonly fields: readonly Field[]; readonly names: ReadonlySet<string> };

interface Field {
  readonly name: string;
  readonly shape: Shape;
  readonly presence: 'required' | 'nullable' | 'optional' | 'nullable or optional';
}

const value = (name: string, holds: (value: unknown) => boolean): Shape => ({ kind: 'value', name, holds });

const values: Readonly<Record<string, Shape>> = {
  Number: value('a number', Number.isFinite),
  String: value('a string', (each) => typeof each === 'string'),
  Boolean: value('a boolean', (each) => typeof each === 'boolean'),
  Date: value('a date', (each) => each instanceof Date && !Number.isNaN(each.getTime())),
  ObjectId: value('an ObjectId', isObjectId),
};

const documentOf = (fields: readonly Field[]): Shape => ({
  kind: 'document',
  fields,
  names: new Set(fields.map(({ name }) => name)),
});

/** @param more fields that have another presence or type than those of `types` */
const action = (types: Readonly<Record<string, string>>, ...more: readonly Field[]): Shape =>
  documentOf([
    ...Object.entries({ kind: 'String', at: 'Date', localDate: 'String', ...types }).map(
      ([name, type]): Field => ({ name, shape: values[type]!, presence: 'required' }),
    ),
    ...more,
  ]);

const feedback: Field = { name: 'note', shape: values.String!, presence: 'nullable' };
const focusedSeconds: Field = { name: 'focusedSeconds', shape: values.Number!, presence: 'optional' };

/** The types of LedgerAction by kind. The model declares an action only as an object. */
const actions: Readonly<Record<LedgerAction['kind'], Shape>> = {
  AssignmentSubmitted: action({ dueDate: 'Date' }),
  PomodoroEnded: action({ plannedMinutes: 'Number', focusedSeconds: 'Number' }),
  BonusGranted: action({ points: 'Number', note: 'String' }),
  SubmissionGraded: action({ grade: 'Number' }, feedback),
  RewardRevoked: action({ sequence: 'Number', note: 'String' }, focusedSeconds),
  RewardRestored: action({ sequence: 'Number', note: 'String' }, focusedSeconds),
  SubmissionRegraded: action({ sequence: 'Number', grade: 'Number' }, feedback),
  DeadlineExtended: action({ sequence: 'Number', dueDate: 'Date', note: 'String' }),
};

const shapes = {
  student: shapeOfSchema(StudentModel.schema),
  reward: shapeOfSchema(RewardModel.schema),
  submission: shapeOfSchema(SubmissionModel.schema),
  formerText: shapeOfSchema(FormerTextModel.schema),
  session: shapeOfSchema(PomodoroSessionModel.schema),
  act: shapeOfSchema(ManualActModel.schema),
  account: shapeOfSchema(AccountModel.schema),
  signIn: shapeOfSchema(SignInModel.schema),
  course: shapeOfSchema(CourseModel.schema),
  assignment: shapeOfSchema(AssignmentModel.schema),
};

/**
 * Adds each difference between a document and its declaration: an extra field, a missing field, a value of another
 * type.
 * @param path the prefix of the field names
 * @returns whether the document can be read as its declared type; extra fields are allowed for that
 */
export function checkShape(kind: keyof typeof shapes, document: unknown, path: string, findings: Findings): boolean {
  return check(shapes[kind], document, path, findings);
}

/** Checks the action of a ledger row in the same way. */
export function checkAction(action: unknown, path: string, findings: Findings): boolean {
  const kinds: Readonly<Record<string, Shape>> = actions;
  const shape =
    isDocument(action) && Object.hasOwn(kinds, String(action.kind)) ? kinds[String(action.kind)] : undefined;
  if (shape) return check(shape, action, path, findings);
  findings.add(isDocument(action) ? `${path}.kind` : path, isDocument(action) ? action.kind : action, 'an action');
  return false;
}

function check(shape: Shape, stored: unknown, path: string, findings: Findings): boolean {
  switch (shape.kind) {
    case 'value':
      if (shape.holds(stored)) return true;
      findings.add(path, stored, shape.name);
      return false;
    case 'array':
      if (Array.isArray(stored)) return checkEntries(shape.of, stored, path, findings);
      findings.add(path, stored, 'an array');
      return false;
    case 'document':
      if (isDocument(stored)) return checkFields(shape, stored, path, findings);
      findings.add(path, stored, 'a document');
      return false;
  }
}

function checkEntries(shape: Shape, entries: readonly unknown[], path: string, findings: Findings): boolean {
  let holds = true;
  for (const [index, entry] of entries.entries()) {
    if (!check(shape, entry, `${path}[${index}]`, findings)) holds = false;
  }
  return holds;
}

function checkFields(
  { fields, names }: Extract<Shape, { kind: 'document' }>,
  stored: Record<string, unknown>,
  path: string,
  findings: Findings,
): boolean {
  const prefix = path === '' ? '' : `${path}.`;
  let holds = true;
  for (const { name, shape, presence } of fields) {
    const field = stored[name];
    if (field === undefined && presence.endsWith('optional')) continue;
    if (field === null && presence.startsWith('nullable')) continue;
    if (!check(shape, field, prefix + name, findings)) holds = false;
  }
  for (const name in stored) if (!names.has(name)) findings.add(prefix + name, stored[name], undefined);
  return holds;
}

function shapeOfSchema({ paths }: Pick<Schema, 'paths'>): Shape {
  return documentOf(
    Object.entries(paths).map(([name, type]) => ({
      name,
      shape: shapeOfType(type),
      presence: presenceOf(type),
    })),
  );
}

/** Besides values, the models declare documents, arrays of values or documents, and one untyped field: the action. */
function shapeOfType(type: SchemaType): Shape {
  const { instance, schema, embeddedSchemaType, options } = type as SchemaType & {
    readonly schema?: Schema;
    readonly embeddedSchemaType?: SchemaType;
  };
  if (embeddedSchemaType)
    return { kind: 'array', of: schema ? shapeOfSchema(schema) : shapeOfType(embeddedSchemaType) };
  if (schema) return shapeOfSchema(schema);
  if (instance === 'Mixed') return value('a document', isDocument);
  const { enum: allowed } = options as { enum?: readonly unknown[] };
  if (allowed) return value(allowed.join(' or '), (each) => allowed.includes(each));
  const shape = values[instance];
  if (!shape) throw new Error(`the verifier does not know the mongoose type ${instance}`);
  return shape;
}

/** The models declare a document that may be null or absent with the default undefined. */
function presenceOf({ isRequired, options, instance }: SchemaType): Field['presence'] {
  if (isRequired) return 'required';
  if (instance === 'Embedded' && 'default' in options && options.default === undefined) return 'nullable or optional';
  return options.default === null ? 'nullable' : 'optional';
}
