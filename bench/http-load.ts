/**
 * submitAssignment over HTTP as the web client sends it, signed in as different students, from a process of its own.
 * Usage: http-load.ts URL CLIENTS SECONDS, and on standard input {"tokens": [...], "assignments": [...], "from": n} as
 * JSON; prints what it measured as JSON.
 */
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { measure } from './measured.js';

const [url, clients, seconds] = process.argv.slice(2);
const { tokens, assignments, from } = JSON.parse(await text(process.stdin)) as {
  tokens: string[];
  assignments: string[];
  from: number;
};
const agent = new Agent({ keepAlive: true, maxSockets: Number(clients) });
const query = `mutation Submit($input: SubmitAssignmentInput!) {
  submitAssignment(input: $input) {
    ... on SubmitAssignmentPayload {
      level leveledUp replayed
      reward { id sequence xp auraPoints lines { rule text points } }
      newBadges { id name }
      badges { badge { id } unlockedAt }
      student { id level xp xpForNextLevel lifetimeXp auraPoints submissionCount streak { days } }
      submission { id submittedAt late }
    }
    ... on Refusal { code message }
  }
}`;

function send(count: number): Promise<void> {
  const token = tokens[count % tokens.length];
  const assignmentId = assignments[Math.floor(count / tokens.length)];
  const body = JSON.stringify({ query, variables: { input: { assignmentId, content: 'bench' } } });
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      authorization: `Bearer ${token}`,
    };
    const sent = request(`${url}/graphql`, { method: 'POST', agent, headers }, async (response) => {
      const answer = await text(response);
      if (answer.includes('"replayed":false')) resolve();
      else reject(new Error(`not paid: ${answer.slice(0, 300)}`));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

const result = await measure(Number(clients), Number(seconds), (count) => send(from + count));
process.stdout.write(JSON.stringify(result));
agent.destroy();
