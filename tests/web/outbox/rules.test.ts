import { describe, expect, test } from '@jest/globals';
import type { Answer, AnswerError, ErrorCode } from '../../../web/app/api/post.js';
import { askedWait, type GrantData, judge, waitAfter } from '../../../web/app/outbox/rules.js';

const answerOf = (given: Partial<Answer<GrantData>>): Answer<GrantData> => ({
  data: null,
  errors: [],
  status: 200,
  retryAfterMs: null,
  ...given,
});
const errorOf = (code: ErrorCode, more: Partial<AnswerError['extensions']> = {}): AnswerError => ({
  message: `It is ${code}.`,
  extensions: { code, ...more },
});

describe('what an answer means', () => {
  test('data without errors is accepted, with the payload', () => {
    const result = { __typename: 'EndPomodoroPayload', replayed: true };
    expect(judge(answerOf({ data: { result } }))).toEqual({ kind: 'accepted', result });
  });

  test('a Refusal is definite', () => {
    const result = { __typename: 'Refusal', code: 'ASSIGNMENT_CLOSED', message: 'Ask your teacher.' };
    expect(judge(answerOf({ data: { result } }))).toEqual({
      kind: 'refused',
      refusal: { code: 'ASSIGNMENT_CLOSED', message: 'Ask your teacher.', requestId: null },
    });
  });

  test.each<ErrorCode>(['BAD_USER_INPUT', 'FORBIDDEN', 'NOT_FOUND'])('%s is definite', (code) => {
    expect(judge(answerOf({ status: 400, errors: [errorOf(code, { requestId: 'r-1' })] }))).toEqual({
      kind: 'refused',
      refusal: { code, message: `It is ${code}.`, requestId: 'r-1' },
    });
  });

  test('what is wrong with the input is said without the names that the API has for it', () => {
    const fields = [{ path: 'input.content', message: 'It has 25000 characters. Use at most 20000.' }];
    expect(judge(answerOf({ status: 400, errors: [errorOf('BAD_USER_INPUT', { fields })] }))).toEqual({
      kind: 'refused',
      refusal: { code: 'BAD_USER_INPUT', message: 'It has 25000 characters. Use at most 20000.', requestId: null },
    });
  });

  test.each<ErrorCode>(['RATE_LIMITED', 'UNAVAILABLE', 'INTERNAL_SERVER_ERROR'])('%s is repeated', (code) => {
    expect(judge(answerOf({ errors: [errorOf(code)] }))).toEqual({ kind: 'again', retryAfterMs: null });
  });

  test('a code that nobody knows, or none, is repeated', () => {
    expect(judge(answerOf({ errors: [errorOf('SOMETHING_NEW' as ErrorCode)] })).kind).toBe('again');
    expect(judge(answerOf({ errors: [{ message: 'x' } as AnswerError] })).kind).toBe('again');
    expect(judge(answerOf({ data: {} })).kind).toBe('again');
  });

  test('an error beside the result is repeated: the mutation was executed, so this is no refusal', () => {
    const result = { __typename: 'SubmitAssignmentPayload' };
    expect(judge(answerOf({ data: { result }, errors: [errorOf('FORBIDDEN')] })).kind).toBe('again');
  });

  test('UNAUTHENTICATED needs another token', () => {
    expect(judge(answerOf({ status: 401, errors: [errorOf('UNAUTHENTICATED')] })).kind).toBe('unauthenticated');
  });

  test('the wait that the server asks for comes from the header, else from the error', () => {
    const errors = [errorOf('RATE_LIMITED', { retryAfterSeconds: 7 })];
    expect(judge(answerOf({ errors }))).toEqual({ kind: 'again', retryAfterMs: 7_000 });
    expect(judge(answerOf({ errors, retryAfterMs: 3_000 }))).toEqual({ kind: 'again', retryAfterMs: 3_000 });
  });
});

describe('when to try again', () => {
  test('the wait doubles up to a minute', () => {
    expect([1, 2, 3, 4, 7, 50].map((tries) => waitAfter(tries, 1))).toEqual([
      1_000, 2_000, 4_000, 8_000, 60_000, 60_000,
    ]);
  });

  test('half of it is random', () => {
    expect(waitAfter(3, 0)).toBe(2_000);
    expect(waitAfter(3, 0.5)).toBe(3_000);
  });

  test('a proxy cannot hold it up for a day', () => {
    expect(askedWait(86_400_000)).toBe(900_000);
    expect(askedWait(30_000)).toBe(30_000);
    expect(askedWait(null)).toBe(0);
    expect(askedWait(-5)).toBe(0);
  });
});
