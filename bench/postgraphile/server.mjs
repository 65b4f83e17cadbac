/**
 * PostGraphile on a PostgreSQL of its own, in a child process of the bench. It is plain JavaScript, because its packages
 * are not installed with those of the project. The parent sends { secret, maxConnections }, and then rows by their
 * table; each message is answered when it is done. The server ends with its parent.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import pg from 'pg';
import { postgraphile } from 'postgraphile';
import { findPostgres, startPostgres } from './postgres.mjs';

const binaries = await findPostgres();
let started = null;

process.on('message', async (message) => {
  try {
    process.send(await answer(message));
  } catch (error) {
    process.send({ error: error.message });
  }
});

// The end of the parent may come with a signal: only one of them ends the database.
await Promise.race([once(process, 'disconnect'), once(process, 'SIGTERM')]);
const { pool, postgres } = (await started) ?? {};
await pool?.end();
await postgres?.stop();
process.exit();

async function answer(message) {
  if (binaries === undefined) return { error: 'there is no PostgreSQL in PATH or /usr/lib/postgresql' };
  if ('secret' in message) {
    started = start(message);
    const { postgres, url } = await started;
    return { url, databasePid: postgres.pid };
  }
  const { pool } = await started;
  const [[table, rows]] = Object.entries(message);
  const columns = Object.keys(rows[0]).join(', ');
  await pool.query(
    `INSERT INTO app.${table} (${columns}) SELECT ${columns} FROM json_populate_recordset(NULL::app.${table}, $1)`,
    [JSON.stringify(rows)],
  );
  return { done: true };
}

async function start({ secret, maxConnections }) {
  const postgres = await startPostgres(binaries);
  // Connections stay open while other series take their turn.
  const pool = new pg.Pool({ connectionString: postgres.uri, max: maxConnections, idleTimeoutMillis: 0 });
  await pool.query(readFileSync(new URL('schema.sql', import.meta.url), 'utf8'));
  const handler = postgraphile(pool, 'app', {
    graphqlRoute: '/graphql',
    graphiql: false,
    disableQueryLog: true,
    dynamicJson: true,
    setofFunctionsContainNulls: false,
    ignoreRBAC: false,
    legacyRelations: 'omit',
    jwtSecret: secret,
    jwtPgTypeIdentifier: 'app.jwt_token',
    jwtVerifyOptions: { algorithms: ['HS256'], issuer: 'auraledger', audience: 'auraledger-api' },
  });
  const server = createServer(handler);
  // The load keeps its connections while other series take their turn. 0: the server never closes them.
  server.keepAliveTimeout = 0;
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { postgres, pool, url: `http://127.0.0.1:${server.address().port}` };
}
