import type { Schema, SchemaType } from 'mongoose';
import { FormerTextModel } from '../storage/models/former-text.js';
import { PomodoroSessionModel } from '../storage/models/pomodoro-session.js';
import { RewardModel } from '../storage/models/reward.js';
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

/** The types of StudentAction by kind. The model declares an action only as an object. */
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

/** Besides values, the models declare documents, arrays of values or documents, and one untyped field: the action. */
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
  if (!shape) throw new Error(`the verifier does not know the mongoose type ${instance}`);
  return shape;
}

function presenceOf({ isRequired, options }: SchemaType): Field['presence'] {
  if (isRequired) return 'required';
  return options.default === null ? 'nullable' : 'optional';
}
