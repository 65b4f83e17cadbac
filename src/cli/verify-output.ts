import mongoose from 'mongoose';
import type { Drift } from '../audit/drift.js';
import type { VerificationSummary } from '../audit/verify-database.js';
import { type Report, reportTo } from '../report.js';

/** Prints the result for a person or for a program. */
export interface Output {
  /** Reports the progress of opening the database. */
  readonly report: Report;
  readonly progress: (line: string) => void;
  readonly drift: (drift: Drift) => void;
  readonly end: (verified: VerificationSummary) => void;
}

const { EJSON } = mongoose.mongo.BSON;

/** Writes one JSON document to stdout. It writes each drift at once, because they may not all fit in memory. */
export function jsonOutput(): Output {
  let separator = '{"drifts": [';
  return {
    report: reportTo(process.stderr),
    progress: () => {},
    drift(drift) {
      process.stdout.write(`${separator}\n  ${EJSON.stringify(drift)}`);
      separator = ',';
    },
    end({ students, rewards, drifts }) {
      process.stdout.write(`${drifts === 0 ? separator : '\n'}], "students": ${students}, "rewards": ${rewards}}\n`);
    },
  };
}

/** Writes one line for each drift, and a summary; on a terminal also a progress bar. */
export function textOutput(): Output {
  const report = reportTo(process.stdout);
  return {
    report: reportTo(process.stderr),
    progress: (line) => process.stdout.isTTY && report(line, 'progress'),
    drift({ studentId, field, stored, derived }) {
      const owner = studentId === null ? 'database' : `student ${studentId}`;
      report(`${owner}: ${field}: stored ${textOf(stored)}, derived ${textOf(derived)}`);
    },
    end({ students, rewards, drifts }) {
      const verdict = drifts === 0 ? 'exact' : `${drifts} drifts`;
      report(`${verdict}: ${students} students, ${rewards} rewards`);
    },
  };
}

const textOf = (value: unknown): string => (value === undefined ? 'nothing' : EJSON.stringify(value));
