/** What `hasWork` gets: `taskID` is the foreignID of the reservation that calls. */
export type Work = { readonly start: true; readonly taskID: string | number };

/**
 * Where a worker stands. `preview`: has not accepted the HIT. `noHit`: the page was opened without its HIT. `arrived`:
 * did not press *I'm ready* yet, and does not count as waiting. `called`: there is work, and *Start* was not pressed yet.
 * `starting`: they pressed it, and the service is asked whether the place is theirs. `released`: the wait is over, see
 * `reason`. `elsewhere`: works in another tab. `left`: pressed *Leave*. `submitting`: what they did is being handed in.
 * `handedIn`: it was, and they are here again: the marketplace may not have taken it.
 */
export type RoomState =
  | 'preview'
  | 'noHit'
  | 'arrived'
  | 'waiting'
  | 'called'
  | 'starting'
  | 'working'
  | 'released'
  | 'elsewhere'
  | 'left'
  | 'submitting'
  | 'handedIn';

/**
 * Why a wait ended without work. `notNeeded`: nobody is needed any more. `waitedLongest`: they waited as long as anybody
 * has to. `tooLate`: they were called, and did not start while their place was kept. `over`: they were called, and the
 * work ended before they started. `blocked`: the requester does not want them.
 */
export type ReleaseReason = 'notNeeded' | 'waitedLongest' | 'blocked' | 'tooLate' | 'over';

/** Whether the service hears of the worker. `refused`: it answers, but does not know this worker or HIT. */
export type Connection = 'connecting' | 'connected' | 'away' | 'refused';

/** Everything that a panel shows. */
export type RoomView = {
  readonly state: RoomState;
  readonly connection: Connection;
  /**
   * How long they have waited, in all tabs together. It stands still while they do not count as waiting: before *I'm
   * ready*, after a missed attention check, after *Leave* or the call, and without a connection.
   */
  readonly waitedMs: number;
  /** The longest that anybody has to wait; null if you did not say. */
  readonly longestMs: number | null;
  /** What the wait pays until now, as text with its currency; null if you did not say. */
  readonly pay: string | null;
  /** The attention check that the worker has to answer now. */
  readonly question: { readonly text: string; readonly answers: readonly string[] } | null;
  /** They did not answer it in time, and do not count as waiting until they do. */
  readonly isIdle: boolean;
  readonly hasSound: boolean;
  /** Once there is work. */
  readonly work: Work | null;
  /** While called: for how long the place is surely kept; 0: it may go to somebody else. Null: the service did not say. */
  readonly keptForMs: number | null;
  /** Why they were released; null: they were not, or the service did not say. */
  readonly reason: ReleaseReason | null;
  /** Another tab of this assignment is at this, while this one has only arrived. */
  readonly otherTab: 'waiting' | 'called' | null;
  /** From the moment this page was called to *Start*; 0 for those who had started before a reload. */
  readonly afterMs: number | null;
  /** Why the service does not accept this page. */
  readonly refusal: string | null;
  /** Why the HIT could not be submitted. */
  readonly problem: string | null;
};

/** What happens in the waiting room: a new state; or the connection changed; or an attention check was asked, or missed. */
export type RoomEvent = RoomState | 'connection' | 'asked' | 'idle';

export type WaitingOptions = {
  /** Read from the page's own address unless given. */
  readonly workerId?: string;
  readonly assignmentId?: string;
  readonly hitId?: string;
  /** Where the panel goes: an element, or a selector. Default: the start of the body. `false`: no panel. */
  readonly panel?: Element | string | false;
  /** Draws a panel of your own instead: called at every change, and every second while time runs. */
  readonly render?: (view: RoomView) => void;
  /** Hears of everything that happens. */
  readonly on?: (event: RoomEvent, view: RoomView) => void;
  /** Waits as soon as the page is loaded; *I'm ready* then only turns on the sound. Default false. */
  readonly atOnce?: boolean;
  /** What waiting pays: for the whole HIT, and so much a minute (no more than `most`). Shown, not paid, by this. */
  readonly pay?: {
    readonly hit?: number;
    readonly perMinute?: number;
    readonly most?: number;
    /** As in ISO 4217. Default USD. */
    readonly currency?: string;
  };
  readonly longestMinutes?: number;
  /** False: silent; ring yourself when `on` hears `called`. Default true. */
  readonly sound?: boolean;
  /** False: the worker is not asked for leave to notify. Default true. */
  readonly notifications?: boolean;
  /** In a frame of another origin: whether a window of its own, which may notify, is offered. Default true. */
  readonly bell?: boolean;
  /** Asks now and then whether somebody is there; who does not answer does not count as waiting. */
  readonly attention?: {
    readonly everySeconds: number;
    /** Time to answer. Default 30. */
    readonly withinSeconds?: number;
    readonly question?: string;
    /** One button each. Default: "I'm here". */
    readonly answers?: readonly string[];
    /** Whether an answer will do; otherwise the question stays, and the text `wrong` stands before it. Default: any. */
    readonly isRight?: (answer: string) => boolean;
  };
  /** Origins that a HIT may be submitted to. Default: Mechanical Turk, its sandbox, and the service's own marketplace. */
  readonly submitTo?: readonly string[];
  /** Other words, or another language. */
  readonly texts?: Partial<RoomTexts>;
};

/**
 * The panel's words. A state has a title, a note, and what its main button says. Those of a reason take the place of
 * those of `released`; those of `turnedAway` of others while the service does not accept the page.
 */
export type RoomTexts = Record<
  RoomState | ReleaseReason | 'turnedAway',
  readonly [title: string, note?: string, button?: string]
> &
  Record<
    | Connection
    | 'within'
    | 'passing'
    | 'unpaid'
    | 'waitsElsewhere'
    | 'calledElsewhere'
    | 'unsent'
    | 'nowhere'
    | 'waited'
    | 'longest'
    | 'pays'
    | 'question'
    | 'answer'
    | 'wrong'
    | 'idle'
    | 'leave'
    | 'bell',
    string
  >;

/** The waiting room of one page. Its functions are what the panel's buttons do; each does nothing where it makes no sense. */
export type WaitingRoom = {
  readonly view: () => RoomView;
  /** *I'm ready*. To unlock sound and notifications it has to be called from a click. */
  readonly ready: () => void;
  /** *Start*: the worker is here. Says so to the service, and calls `Retainer.hasWork` once the place is theirs. */
  readonly start: () => void;
  readonly answer: (answer: string) => void;
  /** Stops counting as waiting, over reloads too. `ready` begins again. */
  readonly leave: () => void;
  /** Opens the window that rings; call it from a click. */
  readonly openBell: () => void;
  /** Hands the HIT in, as `Retainer.submit` does; says in `view().problem` why that is not possible. */
  readonly submit: (fields?: Readonly<Record<string, string>>) => void;
  /** Takes everything away: the panel, the sound, the connection. */
  readonly close: () => void;
};

/** `Retainer`, the one global that retainer.js makes. */
export type RetainerScript = {
  /** Where the service is. The served script knows; set it before `init` or `wait` to say otherwise. */
  server: string;
  /** Begins to wait, and shows nothing. Without arguments the ids are read from the page's own address. In a preview it does nothing. */
  init(workerId?: string, assignmentId?: string, hitId?: string): void;
  /** Opens a waiting room: *I'm ready*, a panel, an alarm, *Start*. Use it instead of `init`. */
  wait(options?: WaitingOptions): WaitingRoom;
  /**
   * Assign a function: it is called once, with the task, when the worker is called (after `wait`: when they pressed
   * *Start*) and the service confirmed that the place is theirs.
   */
  hasWork: ((work: Work) => void) | null;
  /** Assign a function: it is called once when the wait is over without work; null: the service did not say why. */
  released: ((reason: ReleaseReason | null) => void) | null;
  /**
   * Hands the HIT in: tells the service, then posts these fields to the marketplace that the page's address names, which
   * leaves the page. Without a connection they are kept, over a reload too, and handed in as soon as there is one. Once a
   * page. Throws, with a sentence for the worker, if the marketplace is none of those allowed.
   */
  submit(fields?: Readonly<Record<string, string>>): void;
  /** Says at once that the worker is here, as the script does by itself every 2.5 seconds. */
  ping(): void;
  /** Asks at once whether there is a task, as the script does by itself. */
  checkForWork(): void;
};
