/** One thing that is wrong with an input: where, and a sentence that a person understands. */
export interface FieldProblem {
  /** Dotted, from the argument on: input.dueDate. */
  readonly path: string;
  readonly message: string;
}

/** The caller sent something that cannot be meant; nothing was written. */
export class BadInput extends Error {
  constructor(readonly fields: readonly FieldProblem[]) {
    super(fields.map(({ path, message }) => `${path}: ${message}`).join(' '));
  }
}
