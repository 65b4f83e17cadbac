// The GraphiQL page. It may import browser packages only, nothing from src/ and nothing over the network.
import 'graphiql/setup-workers/vite';
// These are the parts of graphiql/style.css, without its 380 kB of inlined fonts. Monaco has its own styles.
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './page.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Page } from './page';

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <Page />
  </StrictMode>,
);
