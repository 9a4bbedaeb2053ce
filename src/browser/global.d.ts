import type { RetainerScript } from './api.ts';

declare global {
  interface Window {
    Retainer: RetainerScript;
  }
  const Retainer: RetainerScript;
}
