import { MTurkClient } from '@aws-sdk/client-mturk';

/** Why the AWS SDK finds no credentials, and what to do; null if it finds some. Whether AWS takes them, only a call can tell. */
export async function whyNoCredentials(): Promise<string | null> {
  const client = new MTurkClient({ region: 'us-east-1' });
  try {
    await client.config.credentials();
    return null;
  } catch (error) {
    const said = error instanceof Error ? error.message.replace(/\s+/g, ' ') : String(error);
    return `no AWS credentials were found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE (${said})`;
  } finally {
    client.destroy();
  }
}
