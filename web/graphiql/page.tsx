import { useGraphiQL, useGraphiQLActions, useMonaco } from '@graphiql/react';
import { createLocalStorage } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { useEffect, useId, useSyncExternalStore } from 'react';
import { type Account, currentAccount, onAccountChange, setAccount, setPastedToken } from './access-token';
import { examples } from './examples';
import { fetcher } from './fetcher';

/** The namespace keeps this page's tabs separate from those of another project's GraphiQL on the same port. */
const storage = createLocalStorage({ namespace: 'auraledger' });
/** On a first visit GraphiQL fills in the first tab's operation, but not its variables. */
const isFirstVisit = storage.getItem('graphiql:tabState') === null;

/** Replaces all tabs. GraphiQL's history keeps the operations that were run. */
function restoreExamples(): void {
  for (const part of ['tabState', 'query', 'variables']) storage.removeItem(`graphiql:${part}`);
  location.reload();
}

function statusOf(account: Account | null): string {
  if (!account) return 'Not signed in. Run the SignIn tab, or paste a token.';
  if (account.rejected) return 'This token is no longer accepted. Run the SignIn tab again.';
  return account.displayName ? `Signed in as ${account.displayName}` : 'The pasted token is sent with each operation.';
}

function AccountBar() {
  const account = useSyncExternalStore(onAccountChange, currentAccount);
  const fieldId = useId();
  return (
    <header className="account-bar">
      <h1 className="visually-hidden">GraphiQL for Auraledger</h1>
      <span className="account-brand" aria-hidden="true">
        Auraledger
      </span>
      <label htmlFor={fieldId}>Access token</label>
      <input
        id={fieldId}
        type="text"
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        value={account?.accessToken ?? ''}
        onChange={(event) => setPastedToken(event.currentTarget.value)}
      />
      <button type="button" hidden={!account} onClick={() => setAccount(null)}>
        Sign out
      </button>
      <p role="status" aria-live="polite" data-state={account ? (account.rejected ? 'rejected' : 'signed-in') : 'none'}>
        {statusOf(account)}
      </p>
      <button type="button" className="account-restore" onClick={restoreExamples}>
        Reset tabs to the examples
      </button>
    </header>
  );
}

/** Follows the system's colour scheme while the page is open. Monaco itself reads it only once. */
function FollowSystemTheme() {
  const theme = useGraphiQL((state) => state.theme);
  const { setTheme } = useGraphiQLActions();
  useEffect(() => {
    if (theme !== null) return;
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const follow = () => setTheme(null);
    dark.addEventListener('change', follow);
    return () => dark.removeEventListener('change', follow);
  }, [theme, setTheme]);
  return null;
}

interface Editor {
  getModel(): { uri: { path: string } } | null;
  updateOptions(options: { fontFamily: string; wordWrap: 'on'; ariaLabel: string }): void;
}

function labelOf(editor: Editor): string {
  const file = editor.getModel()?.uri.path ?? '';
  if (file.endsWith('variables.json')) return 'Variables';
  if (file.endsWith('request-headers.json')) return 'Request headers';
  return file.endsWith('response.json') ? 'Response' : 'Operation';
}

/** Fixes GraphiQL's editors: they use a font that the page does not have, cut off long lines, and share one label. */
function EditorOptions() {
  const monaco = useMonaco((state) => state.monaco);
  useEffect(() => {
    if (!monaco) return;
    const fontFamily = getComputedStyle(document.body).getPropertyValue('--platform-mono');
    const adjust = (editor: Editor) => editor.updateOptions({ fontFamily, wordWrap: 'on', ariaLabel: labelOf(editor) });
    for (const editor of monaco.editor.getEditors()) adjust(editor);
    // Monaco reports a new editor before the editor has its model.
    const created = monaco.editor.onDidCreateEditor((editor) => queueMicrotask(() => adjust(editor)));
    return () => created.dispose();
  }, [monaco]);
  return null;
}

/** The whole page: the account bar, and GraphiQL with the example operations. */
export function Page() {
  return (
    <>
      <AccountBar />
      <main className="workbench">
        <GraphiQL
          fetcher={fetcher}
          storage={storage}
          defaultTabs={examples}
          initialVariables={isFirstVisit ? examples[0]?.variables : undefined}
          defaultEditorToolsVisibility="variables"
          inputValueDeprecation={true}
        >
          <GraphiQL.Logo>GraphiQL</GraphiQL.Logo>
          <FollowSystemTheme />
          <EditorOptions />
        </GraphiQL>
      </main>
    </>
  );
}
