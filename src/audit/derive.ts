/** Returns the value, or the message of the error with which the rules reject impossible input. */
export function valueOrMessage<Value>(derive: () => Value): Value | string {
  try {
    return derive();
  } catch (error) {
    return (error as Error).message;
  }
}
