/** What every listing's pages have. */
export type Page = { readonly NextToken?: string | undefined };

/**
 * The pages of a listing. It ends where the token is absent: MTurk may give one after the last full page. A page
 * that comes again would make a listing that never ends; to stop there as if it were whole would make HITs look
 * gone that are not, so it is an error.
 */
export async function* pagesOf<Answer extends Page>(
  fetchPage: (place: { NextToken?: string }) => Promise<Answer>,
  countOf: (page: Answer) => number,
): AsyncGenerator<Answer> {
  let token: string | undefined;
  do {
    const page = await fetchPage(token === undefined ? {} : { NextToken: token });
    const next = page.NextToken;
    if (next !== undefined && next === token) {
      if (countOf(page) === 0) return;
      throw Object.assign(new Error('the listing gave the same page twice'), { code: 'RepeatedPage' });
    }
    yield page;
    token = next;
  } while (token !== undefined);
}
