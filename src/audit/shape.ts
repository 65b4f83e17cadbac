import type { Schema, SchemaType } from 'mongoose';
import { FormerTextModel } from '../storage/models/former-text.js';
import { PomodoroSessionModel } from '../storage/models/pomodoro-session.js';
import { RewardModel } from '../storage/models/reward.js';
import { StudentModel } from '../storage/models/student.js';
import { SubmissionModel } from '../storage/models/submission.js';
import { type Findings, isDocument, isObjectId } from './drift.js';

/**
 * What a stored value is declared to be. Documents are written past mongoose, so each must be looked at; mongoose's own
 * validate() takes half a millisecond for a document, this some microseconds.
 */
type Shape =
  | { readonly kind: 'value'; readonly name: string; readonly holds: (value: unknown) => boolean }
  | { readonly kind: 'array'; readonly of: Shape }
  | { readonly kind: 'document'; readonly fields: readonly Field[]; readonly names: ReadonlySet<string> };

interface Field {
  readonly name: string;
  readonly shape: Shape;
  readonly presence: 'required' | 'nullable' | 'optional';
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

const required = (fields: Readonly<Record<string, string>>): Shape =>
  documentOf(Object.entries(fields).map(([name, type]) => ({ name, shape: values[type]!, presence: 'required' })));

/** The model declares an action as any object; these are the types StudentAction, by their kind. */
const actions: Readonly<Record<string, Shape>> = {
  AssignmentSubmitted: required({ kind: 'String', at: 'Date', localDate: 'String', dueDate: 'Date' }),
  PomodoroEnded: required({
    kind: 'String',
    at: 'Date',
    localDate: 'String',
    plannedMinutes: 'Number',
    focusedSeconds: 'Number',
  }),
};

const shapes = {
  student: shapeOfSchema(StudentModel.schema),
  reward: shapeOfSchema(RewardModel.schema),
  submission: shapeOfSchema(SubmissionModel.schema),
  formerText: shapeOfSchema(FormerTextModel.schema),
  session: shapeOfSchema(PomodoroSessionModel.schema),
};

/**
 * Adds what a document is not declared to be: a field too much, one too few, a value of another type.
 * @param path what the fields' names begin with
 * @returns whether the document can be read as declared; a field too much does not hinder that
 */
export function checkShape(kind: keyof typeof shapes, document: unknown, path: string, findings: Findings): boolean {
  return check(shapes[kind], document, path, findings);
}

/** The same of what a ledger row says that the student did. */
export function checkAction(action: unknown, path: string, findings: Findings): boolean {
  const shape = isDocument(action) ? actions[String(action.kind)] : undefined;
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
    if (field === undefined ? presence === 'optional' : field === null && presence === 'nullable') continue;
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

/** What the models declare beside the values: documents, arrays of either, and one field of any kind, the action. */
function shapeOfType(type: SchemaType): Shape {
  const { instance, schema, embeddedSchemaType } = type as SchemaType & {
    readonly schema?: Schema;
    readonly embeddedSchemaType?: SchemaType;
  };
  if (embeddedSchemaType)
    return { kind: 'array', of: schema ? shapeOfSchema(schema) : shapeOfType(embeddedSchemaType) };
  if (schema) return shapeOfSchema(schema);
  if (instance === 'Mixed') return value('a document', isDocument);
  const shape = values[instance];
  if (!shape) throw new Error(`no shape is known for what mongoose calls ${instance}`);
  return shape;
}

function presenceOf({ isRequired, options }: SchemaType): Field['presence'] {
  if (isRequired) return 'required';
  return options.default === null ? 'nullable' : 'optional';
}
