import './ui/tokens.css';
import './ui/base.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app';
import { registerWorker } from './register-worker';
import { reloadAfterDeploy } from './reload-after-deploy';
import { createServices, ServicesProvider } from './services';
import { keepFocus } from './ui/keep-focus';
import { applyTheme, chosenTheme } from './ui/theme';

applyTheme(chosenTheme());
reloadAfterDeploy();
registerWorker();
keepFocus();

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <ServicesProvider services={createServices()}>
      <App />
    </ServicesProvider>
  </StrictMode>,
);
