// How long the script lets what take. In a file without imports the build writes each number where it is used.

export const PING_MS = 2_500;
export const PING_TIMEOUT_MS = 8_000;
/** Whoever said that they leave says no more. */
export const FOR_EVER_MS = 1e9;

export const HOLD_SECONDS = 25;
export const POLL_MS = 1_000;
export const TIMEOUT_MS = 10_000;
/** A stream can be dead without saying so: cut off behind a router, or held back by a proxy. */
export const CHECK_STREAM_MS = 30_000;
/** A stream that lasted this long does get through, whatever ended it. */
export const LASTING_MS = 20_000;
/** The best way to wait is tried again after so long on another. */
export const BEST_AGAIN_MS = 300_000;

/** Between two tries, while the service is away. */
export const LONGEST_MS = 15_000;

/** Time that is waited runs on a second at a time: a page that was silent for longer than this was asleep. */
export const ASLEEP_MS = 5_000;

export const FLASH_MS = 700;

/** Whoever is called hears within a second that their place has gone; and at once, when they started, that it is theirs. */
export const CALLED_POLL_MS = 800;
export const STARTED_POLL_MS = 250;

/** So long pages ask plainly where pings did not get through beside a held connection; twice as long each time. */
export const CROWDED_MS = 30_000;

/** What is handed in waits so long for a service that is away, while the marketplace can be reached; and at all. */
export const TELL_MS = 10_000;
export const TELL_AT_MOST_MS = 60_000;
export const TELL_TIMEOUT_MS = 5_000;
