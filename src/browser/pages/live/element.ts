/** What a page of ours has at a place; anything else is a mistake of ours. */
export function element<Kind extends Element>(
  selector: string,
  kind: new () => Kind,
  within: ParentNode = document,
): Kind {
  const found = within.querySelector(selector);
  if (!(found instanceof kind)) throw new Error(`there is no ${selector}`);
  return found;
}

/** A new copy of what a template holds. */
export function copyOf<Kind extends Element>(template: string, kind: new () => Kind): Kind {
  const copy = element(template, HTMLTemplateElement).content.firstElementChild?.cloneNode(true);
  if (!(copy instanceof kind)) throw new Error(`${template} is no template of that`);
  return copy;
}

/** Writes only what is not there yet, so that what did not change is not laid out anew. */
export function write(place: Element, text: string): void {
  if (place.textContent !== text) place.textContent = text;
}

export function setClass(place: Element, name: string): void {
  if (place.className !== name) place.className = name;
}
