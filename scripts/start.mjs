/** `npm start`: builds what has changed and runs the server, all in this one process, which signals therefore reach. */
const HELP = `Builds what has changed and starts the server.

  npm start               start; Ctrl-C stops it
  npm start -- --help     this text

Environment:
  PORT           where it listens (4000); 0: any free port
  HOST           on which address (127.0.0.1)
  MONGODB_URI    a replica set to use; unset: an embedded database, kept in DATA_DIR
  MONGOD_BINARY  the mongod for the embedded database; unset: it is searched for, and fetched once where there is none
  DATA_DIR       where the embedded database and its secret are kept (.data)
  JWT_SECRET     signs the tokens, at least 32 characters; required with MONGODB_URI
  CORS_ORIGINS   other origins whose pages may use the API, separated by commas
  TRUST_PROXY    false, true, the number of proxies in front, or their addresses (false)
  LOG_LEVEL      silent, fatal, error, warn, info, debug or trace (info)
`;

const argument = process.argv[2];
if (argument !== undefined) {
  process.stdout.write(argument === '--help' ? HELP : `What is ${argument}?\n\n${HELP}`);
  process.exit(argument === '--help' ? 0 : 1);
}

const { build } = await import('./build.mjs');
try {
  await build();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
process.setSourceMapsEnabled(true);
// Outside production graphql-js looks at every value of every answer for a second copy of itself.
process.env.NODE_ENV ??= 'production';
await import('../dist/main.js');
