import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { LandingPage } from './LandingPage.tsx';

// Where your retainer server is.
const server = document.documentElement.dataset['server'] ?? 'https://retainer.example.org';

createRoot(document.body.appendChild(document.createElement('div'))).render(
  <StrictMode>
    <LandingPage server={server} />
  </StrictMode>,
);
