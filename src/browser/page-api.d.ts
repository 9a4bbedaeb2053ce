/** What `hasWork` gets: `taskID` is the foreignID of the reservation that calls. */
export type Work = { readonly start: true; readonly taskID: string | number };

/** `Retainer`, the one global that retainer.js makes. */
export type RetainerScript = {
  /** Where the service is. The served script knows; set it before `init` to say otherwise. */
  server: string;
  /** Begins to wait. Without arguments the ids are read from the page's own address. In a preview it does nothing. */
  init(workerId?: string, assignmentId?: string, hitId?: string): void;
  /** Assign a function: it is called once, with the task, when the worker is called. */
  hasWork: ((work: Work) => void) | null;
  /** Assign a function: it is called once when the wait is over and nobody needs the worker. */
  released: (() => void) | null;
  /** Says at once that the worker is here, as the script does by itself every 2.5 seconds. */
  ping(): void;
  /** Asks at once whether there is a task, as the script does by itself. */
  checkForWork(): void;
};

declare global {
  interface Window {
    Retainer: RetainerScript;
  }
  const Retainer: RetainerScript;
}
