import { exponential, lognormal, type Random } from '../random.ts';

/** How simulated workers behave. Probabilities from 0 to 1, times in seconds. */
export type Behaviour = {
  /** Leave almost at once, and how long they stay on average. */
  readonly bounce: number;
  readonly bounceSeconds: number;
  /** Of the others leave in a minute of waiting. */
  readonly leavingPerMinute: number;
  /** Of those who leave give the HIT back; the others just close the page. */
  readonly givesBack: number;
  /** Of those called notice it. */
  readonly attentive: number;
  /** From the call to their response: this long, and a lognormal time more. */
  readonly reactionSeconds: number;
  readonly responseMedianSeconds: number;
  readonly responseSigma: number;
  /** Work takes from the first to the second. */
  readonly workSeconds: readonly [number, number];
  /** From being told that the wait is over to submitting. */
  readonly readingSeconds: readonly [number, number];
};

/**
 * As fitted to the published plots of Bernstein et al., Crowds in Two Seconds (UIST 2011): about 8 % bounce at once,
 * the others leave at 2 % a minute; of those called 97 % pay attention, and respond after 0.8 seconds and a lognormal
 * more. That half of the leavers give their HIT back, and how long work takes, are our own assumptions.
 */
export const BEHAVIOUR: Behaviour = {
  bounce: 0.084,
  bounceSeconds: 20,
  leavingPerMinute: 0.0204,
  givesBack: 0.5,
  attentive: 0.97,
  reactionSeconds: 0.8,
  responseMedianSeconds: 1.1,
  responseSigma: 0.7,
  workSeconds: [2, 6],
  readingSeconds: [0.5, 2],
};

/** What one worker will do, drawn before they come: it does not depend on what happens to them. */
export type Temper = {
  readonly patienceMs: number;
  readonly givesBack: boolean;
  readonly isAttentive: boolean;
  readonly responseMs: number;
  readonly workMs: number;
  readonly readingMs: number;
};

export function drawTemper(random: Random, behaviour: Behaviour): Temper {
  const between = ([least, most]: readonly [number, number]): number => (least + random() * (most - least)) * 1000;
  const { bounce, bounceSeconds, leavingPerMinute, reactionSeconds, responseMedianSeconds, responseSigma } = behaviour;
  const patienceMs =
    random() < bounce ? exponential(random, 1 / bounceSeconds) * 1000 : exponential(random, leavingPerMinute) * 60_000;
  return {
    patienceMs,
    givesBack: random() < behaviour.givesBack,
    isAttentive: random() < behaviour.attentive,
    responseMs: (reactionSeconds + lognormal(random, responseMedianSeconds, responseSigma)) * 1000,
    workMs: between(behaviour.workSeconds),
    readingMs: between(behaviour.readingSeconds),
  };
}
