/**
 * Returns a document that another document refers to. It always exists, since documents are never removed.
 * @throws Error if it does not exist
 */
export function mustExist<Value>(value: Value | null | undefined): Value {
  if (value == null) throw new Error('a stored document refers to another one that does not exist');
  return value;
}
