/** What another document names is there: documents are never removed. @throws Error where it is not */
export function present<Value>(value: Value | null | undefined): Value {
  if (value == null) throw new Error('a stored document names another one that does not exist');
  return value;
}
