/**
 * The smallest page that hands in assignments and ends a focus session through the outbox: the real session, sender and
 * store of the web client, for tests/web/outbox/browser.test.ts.
 */
import '../../../../web/app/ui/tokens.css';
import '../../../../web/app/ui/base.css';
import { StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { gql, useMutation } from 'urql';
import { useAnswer } from '../../../../web/app/api/use-answer';
import { useDraft } from '../../../../web/app/kept/use-draft';
import { useLive, useLiveStatus } from '../../../../web/app/live/use-live';
import { GrantState, OutboxList } from '../../../../web/app/outbox/outbox-list';
import { type GrantDocument, useGrant } from '../../../../web/app/outbox/use-outbox';
import { createServices, ServicesProvider } from '../../../../web/app/services';
import { SignInPage } from '../../../../web/app/session/sign-in-page';
import { useAccount, useAccountOrNobody } from '../../../../web/app/session/use-session';
import { Shell } from '../../../../web/app/shell';
import { Button } from '../../../../web/app/ui/button';
import { Card, Page } from '../../../../web/app/ui/page';
import { Answered } from '../../../../web/app/ui/states';

interface Paid {
  readonly __typename: 'SubmitAssignmentPayload';
  readonly replayed: boolean;
  readonly reward: { readonly xp: number };
}
type Refusal = { readonly __typename: 'Refusal'; readonly code: string; readonly message: string };

const Submit: GrantDocument<Paid | Refusal, { input: object }> = gql`
  mutation SubmitOnBoard($input: SubmitAssignmentInput!) {
    result: submitAssignment(input: $input) {
      __typename
      ... on SubmitAssignmentPayload { replayed reward { id xp } }
      ... on Refusal { code message }
    }
  }
`;
const Revise = gql`
  mutation ReviseOnBoard($input: ReviseSubmissionInput!) {
    result: reviseSubmission(input: $input) {
      __typename
      ... on ReviseSubmissionPayload { submission { id content } }
      ... on Refusal { code message }
    }
  }
`;
interface AssignmentOnBoard {
  readonly id: string;
  readonly title: string;
  readonly mySubmission: { readonly id: string; readonly content: string } | null;
}
const Board = gql<{ courses: { edges: { node: { assignments: { edges: { node: AssignmentOnBoard }[] } } }[] } }>`
  query Board {
    courses { edges { node { id assignments { edges { node { id title mySubmission { id content } } } } } } }
  }
`;

function Assignments() {
  const answer = useAnswer(Board, {});
  return (
    <Page title="Assignments">
      {window.location.hash === '#live' && <LiveRewards />}
      <OutboxList />
      <Answered answer={answer}>
        {({ courses }) =>
          courses.edges.flatMap(({ node }) =>
            node.assignments.edges.map(({ node: assignment }) => (
              <Assignment key={assignment.id} assignment={assignment} />
            )),
          )
        }
      </Answered>
    </Page>
  );
}

function Assignment({ assignment: { id, title, mySubmission } }: { assignment: AssignmentOnBoard }) {
  const subject = `assignment:${id}`;
  const draft = useDraft(useAccount().id, subject);
  const grant = useGrant(Submit, subject);
  const [, revise] = useMutation(Revise);
  if (draft.text === null) return null;
  const content = draft.text;
  return (
    <Card title={title}>
      <form
        onSubmit={async (event) => {
          event.preventDefault();
          await grant.send({
            label: `Hand in ${title}`,
            draft: content,
            variables: (idempotencyKey) => ({ input: { assignmentId: id, content, idempotencyKey } }),
          });
        }}
      >
        <input
          aria-label={`Text of ${title}`}
          value={content}
          onChange={(event) => draft.setText(event.target.value)}
        />
        <Button type="submit" look="primary" disabled={grant.isHeld}>
          Hand in
        </Button>
      </form>
      {mySubmission && <p>Handed in: {mySubmission.content}</p>}
      {grant.payload && (
        <p>
          Paid {grant.payload.reward.xp} xp{grant.payload.replayed ? ' before' : ' now'}
        </p>
      )}
      <GrantState grant={grant}>
        {grant.refusal?.code === 'ALREADY_SUBMITTED' && mySubmission && (
          <Button
            onClick={async () => {
              await revise({ input: { submissionId: mySubmission.id, content } });
              await grant.dismiss();
            }}
          >
            Replace the text
          </Button>
        )}
      </GrantState>
    </Card>
  );
}

const Rewards = gql<{ rewardGranted: { sequence: number } }, { afterSequence: number }>`
  subscription RewardsOnBoard($afterSequence: Int) {
    rewardGranted(afterSequence: $afterSequence) { id sequence }
  }
`;

/** What the live feed has brought, from the first reward on. */
function LiveRewards() {
  const [sequences, setSequences] = useState<readonly number[]>([]);
  const { kind } = useLiveStatus();
  useLive(Rewards, {
    variables: () => ({ afterSequence: sequences.at(-1) ?? 0 }),
    next: ({ rewardGranted: { sequence } }) => setSequences((before) => [...before, sequence]),
  });
  return (
    <Card title="Live">
      <p>
        The feed is {kind}: {sequences.join(' ')}
      </p>
    </Card>
  );
}

const Content = () => (useAccountOrNobody() ? <Assignments /> : <SignInPage />);

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <ServicesProvider services={createServices()}>
      <Shell>
        <Content />
      </Shell>
    </ServicesProvider>
  </StrictMode>,
);
