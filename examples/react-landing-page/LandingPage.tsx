import { useWaitingRoom } from './useWaitingRoom.ts';

/** Wait, be called, answer a question, submit. */
export function LandingPage({ server }: { server: string }) {
  const { view, room, work, submit } = useWaitingRoom(server, { longestMinutes: 20 });
  if (!view || !room) return null;

  if (view.state === 'working' && work)
    return (
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit({ answer: String(new FormData(event.currentTarget).get('answer')) });
        }}
      >
        <h1>Task {work.taskID}</h1>
        <label>
          Name a verb: <input name="answer" required />
        </label>
        <button type="submit">Submit</button>
        {view.problem && <p role="alert">{view.problem}</p>}
      </form>
    );

  return (
    <main>
      <h1 role="status">{TITLES[view.state]}</h1>
      {view.state === 'waiting' && (
        <p>
          {Math.floor(view.waitedMs / 1000)} s, {view.connection}
        </p>
      )}
      {view.question && (
        <fieldset>
          <legend>{view.question.text}</legend>
          {view.question.answers.map((answer) => (
            <button key={answer} type="button" onClick={() => room.answer(answer)}>
              {answer}
            </button>
          ))}
        </fieldset>
      )}
      {view.state === 'arrived' && (
        <button type="button" onClick={room.ready}>
          I'm ready
        </button>
      )}
      {view.state === 'waiting' && (
        <button type="button" onClick={room.leave}>
          Leave
        </button>
      )}
      {view.state === 'left' && (
        <button type="button" onClick={room.ready}>
          Wait again
        </button>
      )}
      {view.state === 'called' && (
        <>
          {view.keptForMs !== null && <p>{placeIn(view.keptForMs)}</p>}
          <button type="button" onClick={room.start}>
            Start
          </button>
        </>
      )}
      {view.reason !== null && <p>{REASONS[view.reason]}</p>}
      {(view.state === 'released' || view.state === 'handedIn') && (
        <button type="button" onClick={() => submit()}>
          Submit the HIT
        </button>
      )}
      {view.problem && <p role="alert">{view.problem}</p>}
    </main>
  );
}

const placeIn = (keptForMs: number): string =>
  keptForMs > 0 ? `Start within ${Math.ceil(keptForMs / 1000)} s` : 'Your place may go to somebody else.';

const REASONS = {
  notNeeded: 'Nobody else is needed.',
  waitedLongest: 'You waited as long as anybody has to.',
  tooLate: 'Somebody else has your place.',
  over: 'The work ended before you could begin.',
  blocked: 'There is no more work for you.',
} as const;

const TITLES = {
  preview: 'Accept the HIT to wait for work',
  noHit: 'Open this page from the marketplace',
  arrived: 'Waiting is paid. Ready?',
  waiting: 'Waiting for work',
  called: 'There is work!',
  starting: 'One moment',
  working: 'At work',
  released: 'The wait is over',
  elsewhere: 'You work in another tab',
  left: 'You left',
  submitting: 'Handing it in',
  handedIn: 'It was handed in',
} as const;
