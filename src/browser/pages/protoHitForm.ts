import { isSureOfRealMoney } from './live/sure.ts';

/** Checks a ProtoHIT's form as one types: the server says what is wrong, by the schema that will judge it, and what it costs. */
const WAIT_MS = 250;
const form = document.querySelector('form#protoHit');
const frame = document.querySelector('iframe#landingPage');

type Checked = { readonly errors: Readonly<Record<string, string>>; readonly money: string };

/** Only what somebody has touched is complained about: a form that was just opened is empty, not wrong. */
const touched = new Set<string>();

function complain(errors: Checked['errors']): void {
  for (const name of touched) {
    const field = document.getElementById(name);
    const place = document.getElementById(`${name}-error`);
    if (field === null || place === null) continue;
    const error = errors[name];
    if (place.textContent !== (error ?? '')) place.textContent = error ?? '';
    place.hidden = error === undefined;
    if (error === undefined) field.removeAttribute('aria-invalid');
    else field.setAttribute('aria-invalid', 'true');
  }
}

let latest = 0;
async function check(form: HTMLFormElement): Promise<void> {
  const asked = ++latest;
  const body = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (typeof value === 'string') body.append(name, value);
  const answer = await fetch('/admin/proto-hits/check', {
    method: 'POST',
    body,
    headers: { Accept: 'application/json' },
  }).catch(() => null);
  // Checked again when it is sent: that the service is away for a moment is no news here.
  if (answer === null || !answer.ok || asked !== latest) return;
  const { errors, money } = (await answer.json()) as Checked;
  complain(errors);
  const place = document.getElementById('money');
  const fresh = new DOMParser().parseFromString(money, 'text/html').getElementById('money');
  if (place !== null && fresh !== null && place.innerHTML !== fresh.innerHTML)
    place.replaceChildren(...fresh.childNodes);
}

function mirror(name: string, value: string): void {
  for (const place of document.querySelectorAll(`[data-shows="${name}"]`)) place.textContent = value;
}

/** As the marketplace asks for it while nobody has accepted. */
function preview(written: string): void {
  if (!(frame instanceof HTMLIFrameElement) || !/^https?:\/\//i.test(written) || !URL.canParse(written)) return;
  const url = new URL(written);
  url.searchParams.set('assignmentId', 'ASSIGNMENT_ID_NOT_AVAILABLE');
  url.searchParams.set('hitId', 'PREVIEW');
  if (frame.src !== url.href) frame.src = url.href;
}

if (form instanceof HTMLFormElement) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  document.addEventListener('input', ({ target }) => {
    if (
      !(
        target instanceof HTMLInputElement ||
        target instanceof HTMLTextAreaElement ||
        target instanceof HTMLSelectElement
      )
    )
      return;
    if (target.form !== form) return;
    touched.add(target.name);
    mirror(target.name, target.value);
    clearTimeout(timer);
    timer = setTimeout(() => void check(form), WAIT_MS);
  });
  form.addEventListener('submit', (event) => {
    // A mere check posts nothing.
    if (event.submitter?.hasAttribute('formaction')) return;
    const fields = new FormData(form);
    if (fields.get('sandbox') === 'false' && !isSureOfRealMoney(String(fields.get('title')))) event.preventDefault();
  });
  form.addEventListener('change', ({ target }) => {
    if (target instanceof HTMLInputElement && target.name === 'url') preview(target.value);
    if (target instanceof HTMLInputElement && target.name === 'frame_height' && frame instanceof HTMLIFrameElement)
      frame.height = String(Math.min(Number(target.value) || 400, 900));
  });
}
