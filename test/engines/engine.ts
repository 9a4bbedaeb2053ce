/** A browser that is driven through the way of a worker. Elements are named by XPath, which every protocol takes. */
export type Engine = {
  /** What is driven, with its version. */
  readonly name: string;
  readonly goTo: (url: string) => Promise<void>;
  /** Whether the page shows such an element; `inFrame` looks in the marketplace's frame, where a landing page is. */
  readonly shows: (xpath: string, options?: Place) => Promise<boolean>;
  /** Clicks the first such element; false if it is not there yet. */
  readonly click: (xpath: string, options?: Place) => Promise<boolean>;
  /** All that the page and its frame say, for whoever looks for a fault. */
  readonly words: () => Promise<string>;
  readonly quit: () => Promise<void>;
};
export type Place = { readonly inFrame?: boolean };

/** How an engine is started, or null where it is not installed: what to install is said then. */
export type Installed = {
  readonly what: string;
  readonly package: string;
  readonly start: (() => Promise<Engine>) | null;
};

export const FRAME = '//iframe[@sandbox]';
