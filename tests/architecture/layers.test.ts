import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import { type Files, inCopy, project, runTool } from './project-copy.js';

const CONFIGURATION = '.dependency-cruiser.cjs';
const { forbidden } = createRequire(import.meta.url)(`../../${CONFIGURATION}`) as {
  forbidden: readonly { readonly name: string }[];
};

/** Files that each break one rule. */
const plants: readonly { readonly rule: string; readonly file: string; readonly source: string }[] = [
  {
    rule: 'rewards-is-alone',
    file: 'src/rewards/planted-builtin.ts',
    source: "import 'node:crypto';",
  },
  {
    rule: 'rewards-is-alone',
    file: 'src/rewards/rules/planted-package.ts',
    source: "import 'graphql';",
  },
  {
    rule: 'rewards-is-alone',
    file: 'src/rewards/planted-type.ts',
    source: "import type { Page } from '../storage/pages.js';\nexport type Planted = Page<string>;",
  },
  {
    rule: 'storage-imports-its-layers',
    file: 'src/storage/planted-action.ts',
    source: "import type { Refused } from '../granting/refusal.js';\nexport type Planted = Refused;",
  },
  {
    rule: 'storage-imports-its-layers',
    file: 'src/storage/models/planted-auth.ts',
    source: "import '../../auth/passwords.js';",
  },
  {
    rule: 'storage-takes-only-types-of-rewards',
    file: 'src/storage/planted-value.ts',
    source: "export { newStudentState } from '../rewards/index.js';",
  },
  {
    rule: 'auth-imports-its-layers',
    file: 'src/auth/planted.ts',
    source: "import '../granting/refusal.js';",
  },
  {
    rule: 'policy-reads-through-its-loaders',
    file: 'src/auth/policy.ts',
    source: "import '../storage/course-store.js';\nexport * from './tokens.js';",
  },
  {
    rule: 'granting-imports-its-layers',
    file: 'src/granting/planted.ts',
    source: "import '../actions/sign-out.js';",
  },
  {
    rule: 'live-imports-its-layers',
    file: 'src/live/planted.ts',
    source: "import '../graphql/errors.js';",
  },
  {
    rule: 'audit-imports-its-layers',
    file: 'src/audit/planted.ts',
    source: "import '../cli/progress-bar.js';",
  },
  {
    rule: 'embedded-imports-its-layers',
    file: 'src/embedded/planted.ts',
    source: "import '../storage/connect.js';",
  },
  {
    rule: 'actions-imports-its-layers',
    file: 'src/actions/planted.ts',
    source: "import { mustExist } from '../graphql/must-exist.js';\nexport { mustExist };",
  },
  {
    rule: 'graphql-imports-its-layers',
    file: 'src/graphql/planted-http.ts',
    source: "import '../http/query-limits.js';",
  },
  {
    rule: 'graphql-reads-through-loaders',
    file: 'src/graphql/planted-model.resolver.ts',
    source: "import { StudentModel } from '../storage/models/student.js';\nexport { StudentModel };",
  },
  {
    rule: 'graphql-reads-through-loaders',
    file: 'src/graphql/student/planted-store.ts',
    source: "import { applyStudentChanges } from '../../storage/student-store.js';\nexport { applyStudentChanges };",
  },
  {
    rule: 'http-imports-its-layers',
    file: 'src/http/planted.ts',
    source: "import '../storage/connect.js';",
  },
  {
    rule: 'cli-imports-its-layers',
    file: 'src/cli/planted.ts',
    source: "import '../http/server.js';",
  },
  {
    rule: 'only-main-knows-the-app',
    file: 'src/config.ts',
    source: "import './app.js';",
  },
  {
    rule: 'config-and-helpers-know-nothing',
    file: 'src/group-by.ts',
    source: "import './rewards/index.js';",
  },
  {
    rule: 'every-file-has-a-layer',
    file: 'src/app.ts',
    source: "import './planted/homeless.js';",
  },
  {
    rule: 'no-cycle',
    file: 'src/actions/planted-cycle.ts',
    source: "import './planted-way-back.js';",
  },
  {
    rule: 'product-imports-no-tests-or-tools',
    file: 'src/http/planted-test.ts',
    source: "import '../../tests/support/given.js';",
  },
  {
    rule: 'product-imports-no-development-dependency',
    file: 'src/http/planted-package.ts',
    source: "import 'fast-check';",
  },
  {
    rule: 'web-imports-no-server',
    file: 'web/graphiql/planted.ts',
    source: "import '../../src/group-by.js';",
  },
  ...['words', 'ui', 'api', 'kept', 'live', 'outbox', 'session', 'student', 'teacher'].map((folder) => ({
    rule: `web-${folder}-imports-its-folders`,
    file: `web/app/${folder}/planted-other.ts`,
    source: "import '../settings/planted-target';",
  })),
  ...['pomodoro', 'assignments', 'ledger', 'badges', 'progress', 'leaderboard', 'settings'].map((folder) => ({
    rule: `web-${folder}-imports-its-folders`,
    file: `web/app/${folder}/planted-app.ts`,
    source: "import '../navigation';",
  })),
  {
    rule: 'web-logic-knows-no-react',
    file: 'web/app/outbox/planted-react.ts',
    source: "import { useState } from 'react';\nexport { useState };",
  },
  {
    rule: 'web-logic-knows-no-react',
    file: 'web/app/kept/planted-view.ts',
    source: "import './planted-allowed';",
  },
  {
    rule: 'web-ui-knows-no-data',
    file: 'web/app/ui/planted-data.tsx',
    source: "import { useQuery } from 'urql';\nexport { useQuery };",
  },
  {
    rule: 'web-every-file-has-a-folder',
    file: 'web/app/planted/homeless.ts',
    source: "import '../words/en';",
  },
];

/** Files that the planted files need, and files that resemble a violation but are allowed. */
const others: Files = {
  'src/planted/homeless.ts': 'export {};',
  'src/actions/planted-way-back.ts': "import './planted-cycle.js';",
  'tests/support/given.ts': 'export {};',
  'web/app/settings/planted-target.ts': 'export {};',
  'web/app/kept/planted-allowed.tsx': "import { useState } from 'react';\nexport { useState };",
  'src/storage/types-of-rewards.ts':
    "import type { StudentState } from '../rewards/index.js';\nexport type A = StudentState;",
  'src/actions/cycle-of-types.ts': "import { b } from './cycle-of-types-back.js';\nexport type A = typeof b;",
  'src/actions/cycle-of-types-back.ts': "import type { A } from './cycle-of-types.js';\nexport const b: A | 1 = 1;",
};

test('each layer rule has a planted violation', () => {
  expect(new Set(plants.map(({ rule }) => rule))).toEqual(new Set(forbidden.map(({ name }) => name)));
});

test('the project has no violation, and each rule reports its planted violations', async () => {
  expect(await violationsIn(project)).toEqual([]);
  const planted = { ...others, ...Object.fromEntries(plants.map(({ file, source }) => [file, source])) };
  expect(await inCopy(['src', 'web', 'package.json', 'tsconfig.json', CONFIGURATION], planted, violationsIn)).toEqual(
    plants.map(({ rule, file }) => ({ rule, file })).sort(byFile),
  );
});

interface Violation {
  readonly rule: string;
  readonly file: string;
}

const byFile = (one: Violation, other: Violation): number => one.file.localeCompare(other.file);

/** @returns the violations that `npm run layers` finds in this directory, sorted by file */
async function violationsIn(directory: string): Promise<Violation[]> {
  const { stdout } = await runTool(directory, 'depcruise', 'src', 'web', '--output-type', 'json');
  const { violations } = JSON.parse(stdout).summary as { violations: { from: string; rule: { name: string } }[] };
  return violations.map(({ from, rule }) => ({ rule: rule.name, file: from })).sort(byFile);
}
