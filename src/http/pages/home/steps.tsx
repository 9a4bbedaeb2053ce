import type { PropsWithChildren } from 'hono/jsx';
import type { Tour } from './page.tsx';
import { STEPS, type Step } from './tour.ts';

/**
 * The tour. Each step can be done by its button or by its command, which is the same request; the script ticks it off
 * when the read models show that it happened, whoever did it.
 */
export const Steps = ({ now, commands, needsKey }: Tour) => (
  <section aria-labelledby="tour" class="tour">
    <h2 id="tour">The tour, in five minutes</h2>
    <p class="quiet">
      Press the buttons, or paste the commands into a terminal: it is the same, and each step ticks itself off when it
      has happened.
      {needsKey && (
        <>
          {' '}
          The commands need a key in <code>$KEY</code>: <code>retainer key issue</code> makes one.
        </>
      )}
    </p>
    <p id="problem" class="notice bad" role="alert" hidden />
    <ol id="steps" data-now={JSON.stringify(now)}>
      <Card step="define" title="Say what the work is like" commands={[commands.define.curl]}>
        <p>
          A <em>ProtoHIT</em> is the form that HITs are made from: title, reward, how long, and the address of your
          landing page. Here that is the <a href="/example">example page</a> of this service.
        </p>
        <Ask what={commands.define} words="Define the ProtoHIT" again="Define it again" />
      </Card>
      <Card step="reserve" title="Announce that you will need somebody" commands={[commands.reserve.curl]}>
        <p>
          A <em>reservation</em> asks for one person in about half a minute. Recruiting begins; nobody is called yet.
        </p>
        <Ask what={commands.reserve} words="Make a reservation" again="Make another reservation" />
      </Card>
      <Card step="post" title="HITs appear on the market" commands={[commands.round.shell]}>
        <p>
          The scheduler looks at what is missing as soon as something happens, and posts: a place for everybody who is
          missing and a few to spare, for some who come leave again. The spare ones leave the market once enough wait.{' '}
          <span data-note="post" />
        </p>
        <Round words="Do its round now" />
      </Card>
      <Card step="wait" title="Somebody waits" commands={[commands.look.curl]}>
        <p>
          Be a worker: accept the HIT on the marketplace, press <em>I’m ready</em>, and leave that tab open.{' '}
          <span data-note="wait" />
        </p>
        <a class="button main" href="/marketplace" target="_blank" rel="noopener">
          Open the marketplace<span class="visually-hidden">, in a new tab</span> ↗
        </a>
      </Card>
      <Card step="invoke" title="Now you need them" commands={[commands.invoke.curl]}>
        <p>
          <em>Invoke</em>, and look at the worker’s tab: it is called at once.
        </p>
        <Ask what={commands.invoke} words="Invoke" />
      </Card>
      <Card step="called" title="They are called, and come">
        <p>
          In the worker’s tab, press <em>Start</em>. <span data-note="called" />
        </p>
      </Card>
      <Card step="paid" title="They submit, and are paid" commands={[commands.round.shell]}>
        <p>
          Label the picture and submit it. Once a minute the service asks the marketplace what was handed in.{' '}
          <span data-note="paid" />
        </p>
        <Round words="Ask now" />
      </Card>
      <Card step="finish" title="Finish, and read the story" commands={[commands.finish.curl, commands.story.curl]}>
        <p>
          <em>Finish</em>: nobody else is sent, and HITs that nobody needs leave the market. All of it is in the log.
        </p>
        <Ask what={commands.finish} words="Finish" />
        <a id="story" class="button" href="/status" hidden>
          Read its story
        </a>
      </Card>
    </ol>
    <p id="over" class="notice" hidden>
      That was the tour. <a href="/marketplace/rehearsal">Let simulated workers come</a>, watch{' '}
      <a href="/status">the status page</a>, and go on with <a href="#own">a page of your own</a>.
    </p>
  </section>
);

const Card = ({
  step,
  title,
  commands = [],
  children,
}: PropsWithChildren<{ step: Step; title: string; commands?: readonly string[] }>) => (
  <li data-step={step} tabindex={-1}>
    <span class="mark" aria-hidden="true">
      {STEPS.indexOf(step) + 1}
    </span>
    <div>
      <h3>
        {title} <span class="visually-hidden" data-done />
      </h3>
      <div class="do">{children}</div>
      {commands.length > 0 && <Commands commands={commands} title={title} />}
    </div>
  </li>
);

/** Commands, each with a button that copies it. Ids that earlier steps gave are filled in by the script. */
const Commands = ({ commands, title }: { commands: readonly string[]; title: string }) => (
  <details>
    <summary>
      By command<span class="visually-hidden">: {title}</span>
    </summary>
    {commands.map((command) => (
      <div class="command">
        <pre>
          {command
            .split(/(\$PROTO|\$RESERVATION)/)
            .map((part) => (part.startsWith('$') ? <span data-id={part}>{part}</span> : part))}
        </pre>
        <button type="button" data-copy>
          Copy
        </button>
      </div>
    ))}
  </details>
);

const Ask = ({
  what,
  words,
  again = '',
}: {
  what: { path: string; fields: Readonly<Record<string, string>> };
  words: string;
  /** What it is called once it was done; nothing: then it is not there any more. */
  again?: string;
}) => (
  <button
    type="button"
    class="main"
    data-path={what.path}
    data-fields={JSON.stringify(what.fields)}
    data-words={words}
    data-again={again}
  >
    {words}
  </button>
);

const Round = ({ words }: { words: string }) => (
  <button type="button" class="main" data-path="/tour/round" data-fields="{}" data-words={words} data-again="">
    {words}
  </button>
);
