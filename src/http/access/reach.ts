import type { Access } from './access.ts';
import { isLoopback } from './hosts.ts';

type Reach = {
  readonly host: string;
  readonly publicUrl: string;
  readonly trustedProxies?: readonly string[] | undefined;
};

/** By what others than this machine reach the service, as the settings say; null: by nothing. */
export function reachedBy({ host, publicUrl, trustedProxies }: Reach): string | null {
  if (!isLoopback(host)) return `${host} (HOST)`;
  if (!isLoopback(new URL(publicUrl).hostname)) return `${publicUrl} (PUBLIC_URL)`;
  return trustedProxies === undefined ? null : `${trustedProxies.join(', ')} (TRUSTED_PROXIES)`;
}

/** Throws before anything is served that strangers could use: nobody is to find out later that they spent one's money. */
export async function refuseToBeOpen(
  settings: Reach & { readonly openApi: boolean },
  access: Pick<Access, 'isOpen'>,
): Promise<void> {
  const reached = reachedBy(settings);
  if (reached === null || settings.openApi || !(await access.isOpen())) return;
  throw new Error(
    `no API key was ever issued, so whoever reaches ${reached} could spend your money. Issue one with ` +
      "'retainer key issue', or say OPEN_API=true if that is what you want.",
  );
}
