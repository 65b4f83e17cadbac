/** `npm start`: builds changed parts and runs the server, all in this process. So signals reach the server. */
const HELP = `Builds changed parts and starts the server.

  npm start               start the server; Ctrl-C stops it
  npm start -- --help     print this text

Environment:
  PORT           the port to listen on (4000); 0: any free port
  HOST           the address to listen on (127.0.0.1)
  MONGODB_URI    the replica set to use; unset: an embedded database in DATA_DIR
  MONGOD_BINARY  the mongod for the embedded database; unset: searches for one, downloads it once if needed
  DATA_DIR       the directory of the embedded database and its secret (.data)
  JWT_SECRET     the secret that signs tokens, at least 32 characters; required with MONGODB_URI
  CORS_ORIGINS   other origins whose pages may use the API, separated by commas
  TRUST_PROXY    false, true, the number of proxies in front, or their addresses (false)
  LOG_LEVEL      silent, fatal, error, warn, info, debug or trace (info)
  METRICS_TOKEN  the token that /metrics asks for, at least 16 characters; unset: it is for this machine only
  SHUTDOWN_DELAY seconds for which it serves on after SIGTERM while /health/ready is 503 (0)
`;

const argument = process.argv[2];
if (argument !== undefined) {
  process.stdout.write(argument === '--help' ? HELP : `Unknown argument: ${argument}\n\n${HELP}`);
  process.exit(argument === '--help' ? 0 : 1);
}

const { build } = await import('./build.mjs');
try {
  await build();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
// Outside of production, graphql-js checks every value of every response for a second copy of graphql-js.
process.env.NODE_ENV ??= 'production';
await import('../dist/main.js');
