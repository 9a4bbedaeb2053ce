/**
 * A URL as anybody may see it: without its password, however that is written. A password that ought to have been
 * escaped (`S3cr/et`, `a@b`) makes other places of the URL out of its halves, so all between the first colon after `//`
 * and the last `@` is cut.
 */
export function shownUrl(written: string): string {
  const [, scheme = '', rest = ''] = /^([\w+.-]+:\/\/)(.*)$/s.exec(written) ?? ['', '', written];
  const end = rest.lastIndexOf('@');
  const colon = rest.indexOf(':');
  const cut = end !== -1 && colon !== -1 && colon < end ? `${rest.slice(0, colon)}:hidden${rest.slice(end)}` : rest;
  return scheme + cut.replace(/([?&])([^=&#]*)=([^&#]*)/g, hiddenIfSecret);
}

/** `password`, `sslpassword` and what else a driver takes; a name may be written with escapes. */
const hiddenIfSecret = (whole: string, before: string, name: string): string =>
  /pass|secret|token/i.test(unescaped(name)) ? `${before}${name}=hidden` : whole;

function unescaped(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    // A lone per cent sign stands for itself.
    return name;
  }
}
