import { useGraphiQL, useGraphiQLActions, useMonaco } from '@graphiql/react';
import { createLocalStorage } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { useEffect, useId, useSyncExternalStore } from 'react';
import { type Account, currentAccount, onAccountChange, setAccount, takePastedToken } from './access-token';
import { examples } from './examples';
import { fetcher } from './fetcher';

/** A namespace of its own: another project's GraphiQL on the same port keeps its tabs, and this page its own. */
const storage = createLocalStorage({ namespace: 'auraledger' });
/** GraphiQL fills the first tab's operation, but not its variables, where nothing is stored yet. */
const isFirstVisit = storage.getItem('graphiql:tabState') === null;

/** Replaces the tabs; what was run before stays in GraphiQL's history. */
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
        onChange={(event) => takePastedToken(event.currentTarget.value)}
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

/** Monaco reads the system's colour scheme once: this follows it while the page is open. */
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

/** GraphiQL's editors name a font that this page does not ship, cut long lines off, and have one label for all. */
function EditorOptions() {
  const monaco = useMonaco((state) => state.monaco);
  useEffect(() => {
    if (!monaco) return;
    const fontFamily = getComputedStyle(document.body).getPropertyValue('--platform-mono');
    const adjust = (editor: Editor) => editor.updateOptions({ fontFamily, wordWrap: 'on', ariaLabel: labelOf(editor) });
    for (const editor of monaco.editor.getEditors()) adjust(editor);
    // An editor is announced before it has its model.
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
