import mongoose from 'mongoose';
import type { Drift } from '../audit/drift.js';
import type { Verified } from '../audit/verify-database.js';
import { type Report, reportTo } from '../report.js';

/** How somebody is told, a person or a program. */
export interface Output {
  /** What happens before there is anything to tell. */
  readonly report: Report;
  readonly bar: (line: string) => void;
  readonly drift: (drift: Drift) => void;
  readonly end: (verified: Verified) => void;
}

const { EJSON } = mongoose.mongo.BSON;

/** One JSON document on stdout. Drifts are written as they are found: there may be more than the memory holds. */
export function jsonOutput(): Output {
  let separator = '{"drifts": [';
  return {
    report: reportTo(process.stderr),
    bar: () => {},
    drift(drift) {
      process.stdout.write(`${separator}\n  ${EJSON.stringify(drift)}`);
      separator = ',';
    },
    end({ students, rewards, drifts }) {
      process.stdout.write(`${drifts === 0 ? separator : '\n'}], "students": ${students}, "rewards": ${rewards}}\n`);
    },
  };
}

/** A line for each drift, and one with the verdict; on a terminal a progress bar. */
export function textOutput(): Output {
  const report = reportTo(process.stdout);
  return {
    report: reportTo(process.stderr),
    bar: (line) => process.stdout.isTTY && report(line, 'progress'),
    drift({ studentId, field, stored, derived }) {
      const of = studentId === null ? 'database' : `student ${studentId}`;
      report(`${of}: ${field}: stored ${textOf(stored)}, derived ${textOf(derived)}`);
    },
    end({ students, rewards, drifts }) {
      const verdict = drifts === 0 ? 'exact' : `${drifts} drifts`;
      report(`${verdict}: ${students} students, ${rewards} rewards`);
    },
  };
}

const textOf = (value: unknown): string => (value === undefined ? 'nothing' : EJSON.stringify(value));
