/** One invalid field of an input. The message is for people and says how to fix it. */
export interface FieldProblem {
  /** The dotted path from the argument to the field, for example input.dueDate. */
  readonly path: string;
  readonly message: string;
}

/** The input is invalid. Nothing was written. */
export class BadInput extends Error {
  constructor(readonly fields: readonly FieldProblem[]) {
    super(fields.map(({ path, message }) => `${path}: ${message}`).join(' '));
  }
}
